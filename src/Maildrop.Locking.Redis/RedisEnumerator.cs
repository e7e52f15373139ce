using System.Runtime.CompilerServices;
using Maildrop.Locking.Storage;
using StackExchange.Redis;

namespace Maildrop.Locking.Redis;

/// <summary>Lists all maildrops that are held: SCAN on every primary, page by page, and one script a key.</summary>
internal static class RedisEnumerator
{
    private const int PageSize = 250;

    public static async IAsyncEnumerable<MaildropRecord> ListAsync(
        IConnectionMultiplexer connection,
        RedisKeys keys,
        Func<RedisKey, Task<MaildropRecord?>> find,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var database = connection.GetDatabase();

        // SCAN tells a key twice when the server's table grows meanwhile. Of each owner half its random bits are kept, and no more.
        var told = new HashSet<ulong>();
        var pending = new List<Task<MaildropRecord?>>(PageSize);
        foreach (var server in Primaries(connection))
        {
#pragma warning disable CA2007 // It is said of what is enumerated.
            await using var pages = server.KeysAsync(database.Database, keys.ListPattern, PageSize).ConfigureAwait(false).WithCancellation(cancellationToken).GetAsyncEnumerator();
#pragma warning restore CA2007
            var more = true;
            while (more)
            {
                pending.Clear();
                while (pending.Count < PageSize && (more = await NextAsync(pages).ConfigureAwait(false)))
                {
                    pending.Add(find(pages.Current));
                }

                foreach (var task in pending)
                {
                    if (await UntoldAsync(task, told).ConfigureAwait(false) is { } record)
                    {
                        yield return record;
                    }
                }

                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }

    private static List<IServer> Primaries(IConnectionMultiplexer connection)
    {
        var primaries = connection.GetServers().Where(server => !server.IsReplica && server.ServerType != ServerType.Sentinel).ToList();
        return primaries.Count > 0 && primaries.TrueForAll(server => server.IsConnected) ? primaries : throw RedisErrors.NotConnected();
    }

    private static async Task<MaildropRecord?> UntoldAsync(Task<MaildropRecord?> find, HashSet<ulong> told)
    {
        var record = await find.ConfigureAwait(false);
        for (var i = (record?.Holders.Count ?? 0) - 1; i >= 0; i--)
        {
            if (!told.Add((ulong)record!.Holders[i].Owner.Value))
            {
                record.Holders.RemoveAt(i);
            }
        }

        return record;
    }

    private static async ValueTask<bool> NextAsync(ConfiguredCancelableAsyncEnumerable<RedisKey>.Enumerator pages)
    {
        try
        {
            return await pages.MoveNextAsync();
        }
        catch (Exception ex) when (fault is not OperationCanceledException)
        {
            throw RedisErrors.Translate(fault);
        }
    }
}
