using System.Globalization;

namespace Maildrop.Locking.SampleHost.Hosting;

/// <summary>The store of the leases, as --store names it.</summary>
/// <param name="Kind">The text before the colon.</param>
/// <param name="Target">The text after it; empty if there is none.</param>
/// <param name="KeyPrefix">In Redis, the prefix of the keys; empty for the default one.</param>
internal sealed record LockStoreOption(string Kind, string Target, string KeyPrefix = "")
{
    public const string Rule = "memory, files:FOLDER, or redis:HOST:PORT[/PREFIX]";

    public static readonly LockStoreOption Memory = new("memory", "");

    public bool IsRedis => Kind == "redis";

    /// <summary>Parses the value of --store; null if there is no such store.</summary>
    public static LockStoreOption? Parse(string text) => text.Split(':', 2) switch
    {
        ["memory"] => Memory,
        ["files", { Length: > 0 } folder] => new("files", folder),
        ["redis", var server] => ParseRedis(server.Split('/', 2)),
        _ => null,
    };

    /// <summary>Registers the store with the library.</summary>
    public MaildropLockingBuilder AddTo(MaildropLockingBuilder locking) => Kind switch
    {
        "memory" => locking.UseInMemory(),
        "files" => locking.UseFiles(Target),
        "redis" => locking.UseRedis(Target, redis =>
        {
            redis.KeyPrefix = KeyPrefix.Length == 0 ? redis.KeyPrefix : KeyPrefix;

            // With StackExchange.Redis 3, leases then survive a starved thread pool.
            redis.UseDedicatedThreads = true;
        }),
        _ => throw new InvalidOperationException($"There is no store '{Kind}'."),
    };

    public override string ToString() => $"{Kind}{(Target.Length == 0 ? "" : $":{Target}")}{(KeyPrefix.Length == 0 ? "" : $"/{KeyPrefix}")}";

    /// <summary>Parses the server and the optional prefix. This sample accepts no other parts of a connection string.</summary>
    private static LockStoreOption? ParseRedis(string[] parts)
    {
        var colon = parts[0].LastIndexOf(':');
        var isServer = colon > 0
            && parts[0].All(c => c is not (',' or '=' or ' '))
            && ushort.TryParse(parts[0].AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            && port > 0;
        return isServer && parts is not [_, ""] ? new("redis", parts[0], parts.Length > 1 ? parts[1] : "") : null;
    }
}
