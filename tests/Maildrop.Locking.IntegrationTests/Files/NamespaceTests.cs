using System.Diagnostics;

namespace Maildrop.Locking.Tests.Files;

/// <summary>Hosts in containers, and under the sandboxes of systemd: a live holder is never taken for dead, and a dead one is seen at once.</summary>
[Collection(SerialCollection.Name)]
public sealed class NamespaceTests(ITestOutputHelper output) : IDisposable
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    // Each runs the command behind it.
    private static readonly (string Name, string[]? Wrapper)[] Kinds =
    [
        ("plain", null),
        ("proc without pids of others (ProcSubset)", InMounts("mount -t proc -o subset=pid,hidepid=invisible proc /proc")),
        ("no boot id", InMounts("mount --bind /dev/null /proc/sys/kernel/random/boot_id")),
        ("pid namespace under the outer proc", ["unshare", "--pid", "--fork", "--kill-child"]),
        ("pid namespace with its own proc", ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]),
        ("time namespace", ["unshare", "--time", "--boottime", "1000000", "--monotonic", "1000000", "--fork", "--kill-child"]),
    ];

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_holder_in_any_namespace_is_seen_alive_from_any_other_and_dead_when_it_is_killed()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.UserName == "root", "Only root can make namespaces.");
        var contenders = await Task.WhenAll(Kinds.Select(kind => StartAsync(kind.Wrapper)));
        var times = new List<double>();
        foreach (var (name, wrapper) in Kinds)
        {
            await using var holder = await StartAsync(wrapper);
            Assert.Equal("holding", (await holder.AskAsync($"hold-many {Kinds.Length}", Cancel))[0]);
            for (var i = 0; i < Kinds.Length; i++)
            {
                var answer = await contenders[i].AskAsync($"acquire stale-{i} exclusive 0", Cancel);
                Assert.True(answer is ["refused", "InUse", ..], $"held by {name}, asked from {Kinds[i].Name}: {string.Join(' ', answer)}");
                await contenders[i].TellAsync($"acquire stale-{i} exclusive 20000", Cancel);
            }

            await Task.Delay(200, Cancel);
            var killed = Stopwatch.StartNew();
            holder.Kill();
            times.AddRange(await Task.WhenAll(contenders.Select(async (contender, i) =>
            {
                var answer = (await contender.ReadAsync(Cancel)).Split(' ');
                Assert.True(answer[0] == "granted", $"held by {name}, asked from {Kinds[i].Name}: {string.Join(' ', answer)}");
                return killed.Elapsed.TotalMilliseconds;
            })));
            foreach (var contender in contenders)
            {
                Assert.Equal("released", (await contender.AskAsync("release", Cancel))[0]);
            }
        }

        times.Sort();
        output.WriteLine($"{times.Count} pairs: {times[times.Count / 2]:F0} ms median, {times[^1]:F0} ms at most");
        Assert.InRange(times[times.Count / 2], 0, 100);
        foreach (var contender in contenders)
        {
            await contender.DisposeAsync();
        }
    }

    private static string[] InMounts(string mount) => ["unshare", "--mount", "sh", "-c", mount + " && exec \"$@\"", "sh"];

    private Task<WorkerProcess> StartAsync(string[]? wrapper) => WorkerProcess.StartAsync(_directory.Path, Lease, Cancel, wrapper);
}
