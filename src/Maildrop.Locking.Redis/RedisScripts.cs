using System.Security.Cryptography;
using System.Text;

namespace Maildrop.Locking.Storage;

/// <summary>The scripts of one lock.</summary>
internal sealed class RedisScripts(bool trustGarnetTransactions)
{
    private readonly bool _guarded = !trustGarnetTransactions;

    public RedisScript Acquire => field ??= new(_guarded, "acquire");

    public RedisScript Release => field ??= new(_guarded, "release");

    public RedisScript Renew => field ??= new(_guarded, "renew");

    public RedisScript Revoke => field ??= new(_guarded, "revoke");

    public RedisScript Find => field ??= new(isGuarded: false, "find");
}
