using System.Globalization;
using System.Runtime.CompilerServices;
using Maildrop.Locking.Cli.Output;
using StackExchange.Redis;

namespace Maildrop.Locking.Cli.Doctor;

/// <summary>Examines the server of a Redis store. <see cref="LockExamination"/> reports the lock's own warnings.</summary>
internal sealed class ServerExamination(ConfigurationOptions configuration)
{
    private const int Pings = 20;
    private static readonly Version MinVersion = new(6, 2);
    private static readonly TimeSpan MaxClockDifference = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan SlowRoundTrip = TimeSpan.FromMilliseconds(20);

    public async IAsyncEnumerable<Finding> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var options = configuration.Clone();
        options.AbortOnConnectFail = true;

        ConnectionMultiplexer? connection = null;
        Finding? failure = null;
        try
        {
            connection = await ConnectionMultiplexer.ConnectAsync(options).WaitAsync(cancellationToken);
        }
        catch (RedisConnectionException ex)
        {
            failure = Finding.Bad("connection", $"There is no connection to {string.Join(", ", options.EndPoints)} ({ex.FailureType}).", "Check the address, the password, TLS, and that the server runs.");
        }

        if (connection is null)
        {
            yield return failure!;
            yield break;
        }

        await using (connection)
        {
            foreach (var server in connection.GetServers().Where(static server => server.IsConnected && server.ServerType != ServerType.Sentinel))
            {
                yield return Finding.Good("connection", $"{server.EndPoint} answers, as {(server.IsReplica ? "a replica" : "a primary")}.");
                await foreach (var finding in ExamineAsync(server, cancellationToken))
                {
                    yield return finding;
                }
            }
        }
    }

    private static async IAsyncEnumerable<Finding> ExamineAsync(IServer server, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return server.Version >= MinVersion
            ? Finding.Good("version", $"It speaks Redis {server.Version}.")
            : Finding.Bad("version", $"It is Redis {server.Version}.", $"Use Redis {MinVersion} or later, Valkey, or Garnet.");

        var info = await InfoAsync(server, cancellationToken);
        if (info is null)
        {
            yield return Finding.Warning("settings", "This user may not read INFO, so memory, persistence and replication were not looked at.", "Allow the command info.");
        }
        else
        {
            yield return ExamineMemory(info);
            yield return ExaminePersistence(info);
            yield return ExamineReplication(info);
        }

        foreach (var finding in await ExamineTimesAsync(server, cancellationToken))
        {
            yield return finding;
        }
    }

    private static async Task<Dictionary<string, string>?> InfoAsync(IServer server, CancellationToken cancellationToken)
    {
        try
        {
            return (await server.InfoAsync().WaitAsync(cancellationToken)).SelectMany(static section => section)
                .GroupBy(static line => line.Key).ToDictionary(static lines => lines.Key, static lines => lines.First().Value);
        }
        catch (RedisServerException)
        {
            return null;
        }
    }

    private static Finding ExamineMemory(Dictionary<string, string> info)
    {
        var used = info.GetValueOrDefault("used_memory_human", "?");
        if (!long.TryParse(info.GetValueOrDefault("maxmemory"), NumberStyles.None, CultureInfo.InvariantCulture, out var max) || max == 0)
        {
            return Finding.Good("memory", $"{used} are used, without a limit of the server's own.");
        }

        _ = long.TryParse(info.GetValueOrDefault("used_memory"), NumberStyles.None, CultureInfo.InvariantCulture, out var usedBytes);
        var message = $"{used} of {info.GetValueOrDefault("maxmemory_human")} are used, policy {info.GetValueOrDefault("maxmemory_policy")}.";
        return usedBytes < max * 0.9 ? Finding.Good("memory", message) : Finding.Warning("memory", message, "A full server refuses logins. Raise maxmemory.");
    }

    private static Finding ExaminePersistence(Dictionary<string, string> info)
    {
        if (info.GetValueOrDefault("aof_enabled") == "1")
        {
            return info.GetValueOrDefault("aof_last_write_status") is null or "ok"
                ? Finding.Good("persistence", "An append-only file: a restart loses the last second at most.")
                : Finding.Bad("persistence", "The append-only file cannot be written.", "Look at the server's disk and log.");
        }

        return info.GetValueOrDefault("rdb_last_bgsave_status") is null or "ok"
            ? Finding.Warning(
                "persistence",
                "No append-only file: a restart of the server forgets leases, and may grant maildrops that are held.",
                "Set appendonly yes, or keep the server down for one lease duration after it stopped.")
            : Finding.Bad("persistence", "The last snapshot failed, so the server may refuse to write.", "Look at the server's disk and log.");
    }

    private static Finding ExamineReplication(Dictionary<string, string> info)
    {
        if (info.GetValueOrDefault("role") is "slave")
        {
            return info.GetValueOrDefault("master_link_status") is "up"
                ? Finding.Good("replication", $"A replica of {info.GetValueOrDefault("master_host")}, in step.")
                : Finding.Warning("replication", $"A replica of {info.GetValueOrDefault("master_host")}, and not connected to it.", "Look at both servers' logs.");
        }

        var replicas = info.GetValueOrDefault("connected_slaves", "0");
        return replicas == "0"
            ? Finding.Good("replication", "No replicas.")
            : Finding.Good("replication", $"{replicas} connected {(replicas == "1" ? "replica" : "replicas")}. Replication is asynchronous: a failover may lose the last leases, and the fencing token protects a store that checks it.");
    }

    private static async Task<IReadOnlyList<Finding>> ExamineTimesAsync(IServer server, CancellationToken cancellationToken)
    {
        var clock = TimeProvider.System;
        var times = new List<TimeSpan>(Pings);
        for (var i = 0; i < Pings; i++)
        {
            times.Add(await server.PingAsync().WaitAsync(cancellationToken));
        }

        times.Sort();
        var median = times[Pings / 2];
        var roundTrip = string.Create(CultureInfo.InvariantCulture, $"{median.TotalMilliseconds:0.00} ms, the slowest of {Pings} {times[^1].TotalMilliseconds:0.00} ms.");
        var findings = new List<Finding>
        {
            median < SlowRoundTrip ? Finding.Good("round trip", roundTrip) : Finding.Warning("round trip", roundTrip, "Each login takes a round trip or two. Bring servers and Redis together."),
        };

        try
        {
            var begun = clock.GetTimestamp();
            var theirs = await server.TimeAsync().WaitAsync(cancellationToken);
            var ours = clock.GetUtcNow() - (clock.GetElapsedTime(begun) / 2);
            var difference = (ours - new DateTimeOffset(theirs, TimeSpan.Zero)).Duration();
            var message = $"The server's clock differs from this machine's by {DurationText.FormatExact(difference)}.";
            findings.Add(difference < MaxClockDifference
                ? Finding.Good("clock", message)
                : Finding.Warning("clock", message, "Leases do not depend on it. Times shown to operators do: use NTP."));
        }
        catch (RedisServerException)
        {
            findings.Add(Finding.Warning("clock", "This user may not ask the server for its time.", "Allow the command time: the lock's scripts need it."));
        }

        return findings;
    }
}
