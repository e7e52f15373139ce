using System.Diagnostics;
using Maildrop.Locking.Files;

namespace Maildrop.Locking.Tests.Files;

/// <summary>Hosts that are killed, stopped or refused at a system call of a session, by <c>strace</c>.</summary>
[Collection(SerialCollection.Name)]
public sealed class FaultInjectionTests(ITestOutputHelper output) : IDisposable
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("flock")]
    [InlineData("pread64")]
    [InlineData("pwrite64")]
    [InlineData("openat")]
    [InlineData("lseek")]
    [InlineData("close")]
    public async Task A_host_that_is_killed_at_a_system_call_leaves_the_old_record_or_the_new_one(string call)
    {
        SkipWithoutStrace();
        await using var locks = new FileMaildropLock(new() { Directory = _directory.Path, LeaseDuration = Lease });
        await using (var before = await locks.AcquireAsync("alice", cancellationToken: Cancel))
        {
            Assert.True(before.IsAcquired, before.Error?.ToString());
        }

        var kills = 0;
        for (var round = 0; round < Iterations.Of(1, 20); round++)
        {
            // Until it has no more such calls.
            for (var at = 1; at <= Iterations.Of(6, 24) && await RunUntilKilledAsync(call, at); at++)
            {
                kills++;
                var state = RecordFormat.Read((await File.ReadAllBytesAsync(RecordPath.Of(_directory.Path, "alice").Full, Cancel))!, out _, out _);
                Assert.Equal(RecordState.Valid, state);
                await using var lease = await locks.AcquireAsync("alice", cancellationToken: Cancel);
                Assert.True(lease.IsAcquired, $"killed at {call} {at}: {lease.Status} {lease.Error}");
            }
        }

        output.WriteLine($"{kills} kills at {call}");
        Assert.True(kills > 0);
    }

    [Theory]
    [InlineData("EIO")]
    [InlineData("ENOSPC")]
    [InlineData("EDQUOT")]
    public async Task A_write_that_fails_grants_nothing_and_leaves_the_old_record(string error)
    {
        SkipWithoutStrace();
        await using var locks = new FileMaildropLock(new() { Directory = _directory.Path, LeaseDuration = Lease });
        await using var held = await locks.AcquireAsync("alice", new() { Access = MaildropAccess.Shared }, Cancel);
        await using var worker = await StartAsync($"pwrite64:error={error}");
        for (var i = 0; i < Iterations.Of(3, 100); i++)
        {
            var answer = await worker.AskAsync("acquire alice shared 0", Cancel);
            Assert.Equal(["refused", "Unavailable"], answer[..2]);
            Assert.DoesNotContain("remove", string.Join(' ', answer), StringComparison.OrdinalIgnoreCase);
        }

        Assert.Equal(held.FencingToken, Assert.Single(await locks.GetHoldersAsync("alice", Cancel)).FencingToken);
        await using var next = await locks.AcquireAsync("alice", new() { Access = MaildropAccess.Shared }, Cancel);
        Assert.True(next.IsAcquired, $"{next.Error}");
    }

    [Fact]
    public async Task A_record_that_may_not_be_opened_grants_nothing()
    {
        SkipWithoutStrace();
        await using var locks = new FileMaildropLock(new() { Directory = _directory.Path, LeaseDuration = Lease });
        await (await locks.AcquireAsync("alice", cancellationToken: Cancel)).DisposeAsync();
        await using var worker = await WorkerProcess.StartAsync(
            _directory.Path, Lease, Cancel, ["strace", "-f", "-o", "/dev/null", "-P", RecordPath.Of(_directory.Path, "alice").Full, "-e", "trace=openat", "-e", "inject=openat:error=EACCES"]);
        for (var i = 0; i < Iterations.Of(3, 100); i++)
        {
            Assert.Equal(["refused", "Unavailable"], (await worker.AskAsync("acquire alice exclusive 0", Cancel))[..2]);
        }

        Assert.Equal("granted", (await worker.AskAsync("acquire bob exclusive 0", Cancel))[0]);
    }

    [Fact]
    public async Task A_host_that_stands_still_in_a_section_touches_that_maildrop_alone()
    {
        SkipWithoutStrace();
        var lease = TimeSpan.FromSeconds(2);
        await using var locks = new FileMaildropLock(new() { Directory = _directory.Path, LeaseDuration = lease, BackendTimeout = TimeSpan.FromMilliseconds(500) });
        var held = new List<MaildropLease>();
        for (var i = 0; i < 500; i++)
        {
            held.Add(await locks.AcquireAsync($"user-{i}", cancellationToken: Cancel));
        }

        await using var worker = await StartAsync("pwrite64:signal=SIGSTOP:when=1");
        await worker.TellAsync("acquire alice exclusive 0", Cancel);
        while (!LockedFile.IsLocked(RecordPath.Of(_directory.Path, "alice").Full).GetValueOrDefault())
        {
            await Task.Delay(5, Cancel);
        }

        await using var refused = await locks.AcquireAsync("alice", cancellationToken: Cancel);
        Assert.Equal(MaildropLockStatus.Unavailable, refused.Status);
        await Task.Delay(lease * 2, Cancel);
        Assert.All(held, one => Assert.True(one.IsHeld, $"{one.Maildrop} {one.Loss}"));
        await using var other = await locks.AcquireAsync("bob", cancellationToken: Cancel);
        Assert.True(other.IsAcquired);
    }

    private static void SkipWithoutStrace()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && ProgramPath.Find("strace") is not null, "strace is not installed");
        using var probe = Process.Start(new ProcessStartInfo("strace", ["-o", "/dev/null", "true"]) { RedirectStandardError = true })!;
        probe.WaitForExit();
        Assert.SkipUnless(probe.ExitCode == 0, "This machine lets no process trace another.");
    }

    /// <summary>Returns whether the host was killed in its session, at the n-th of such calls. Of those that a process makes all the time, only those on the record count.</summary>
    private async Task<bool> RunUntilKilledAsync(string call, int at)
    {
        var injection = $"{call}:signal=SIGKILL:when={at}";
        WorkerProcess? worker = null;
        try
        {
            worker = call is "openat" or "lseek" or "close"
                ? await WorkerProcess.StartAsync(
                    _directory.Path, Lease, Cancel, ["strace", "-f", "-o", "/dev/null", "-P", RecordPath.Of(_directory.Path, "alice").Full, "-e", "trace=" + call, "-e", "inject=" + injection])
                : await StartAsync(injection);
            await worker.AskAsync("acquire alice exclusive 0", Cancel);
            await worker.AskAsync("release", Cancel);
            return false;
        }
        catch (Exception ex) when (ex is InvalidOperationException or IOException)
        {
            return true;
        }
        finally
        {
            if (worker is not null)
            {
                await worker.DisposeAsync();
            }
        }
    }

    private Task<WorkerProcess> StartAsync(string injection) => WorkerProcess.StartAsync(
        _directory.Path, Lease, Cancel, ["strace", "-f", "-o", "/dev/null", "-e", "trace=flock,pread64,pwrite64", "-e", "inject=" + injection]);
}
