using System.Diagnostics;
using Maildrop.Locking.Files;
using Microsoft.Extensions.DependencyInjection;

namespace Maildrop.Locking.Tests.Files;

[Collection(SerialCollection.Name)]
public sealed class ManyRecordsTests(ITestOutputHelper output) : FileLockFixture
{
    [Fact]
    public async Task A_list_of_very_many_is_not_held_in_memory()
    {
        var count = Iterations.Of(10_000, 100_000);
        var store = NewStore();
        for (var i = 0; i < count; i++)
        {
            await store.AcquireAsync(Ask($"user-{i}@example.org"), Cancel);
        }

        var seen = 0;
        var most = 0L;
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var clock = Stopwatch.StartNew();
        await foreach (var record in store.ListAsync(Cancel))
        {
            if (++seen % (count / 10) == 0)
            {
                most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true) - before);
            }
        }

        output.WriteLine($"{seen} records in {clock.Elapsed.TotalSeconds:F1} s, {most / 1024.0:F0} KB more than before at most");
        Assert.Equal(count, seen);

        // They are some 400 bytes each.
        Assert.InRange(most, 0, count * 100L);
    }

    [Fact]
    public async Task However_many_leases_are_held_few_files_are_open()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Reads /proc.");
        var locks = NewLock();
        for (var i = 0; i < 2000; i++)
        {
            await GrantedAsync(locks, $"user-{i}");
        }

        var open = Directory.GetFiles("/proc/self/fd").Count(descriptor => File.ResolveLinkTarget(descriptor, false)?.FullName.StartsWith(Root, StringComparison.Ordinal) == true);
        Assert.InRange(open, 1, 4);
        await locks.DisposeAsync();
        Assert.DoesNotContain(
            Directory.GetFiles("/proc/self/fd"), descriptor => File.ResolveLinkTarget(descriptor, false)?.FullName.StartsWith(Root, StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task Hundreds_share_a_maildrop_and_its_file_shrinks_again()
    {
        var locks = NewLock();
        var shared = new MaildropLockRequest { Access = MaildropAccess.Shared };
        var leases = new List<MaildropLease>();
        for (var i = 0; i < 500; i++)
        {
            leases.Add(await locks.AcquireAsync("alice", shared, Cancel));
        }

        Assert.All(leases, lease => Assert.True(lease.IsAcquired, lease.Error?.ToString()));
        Assert.Equal(500, (await locks.GetHoldersAsync("alice", Cancel)).Count);
        Assert.True(new FileInfo(PathOf("alice")).Length > 32_768);
        foreach (var lease in leases)
        {
            await RefusedAsync(locks, "alice");
            await lease.ReleaseAsync(Cancel);
        }

        await GrantedAsync(locks, "alice");
        Assert.InRange(new FileInfo(PathOf("alice")).Length, 1, 4096);
    }

    [Fact]
    public async Task What_killed_processes_left_is_cleared_at_the_next_start()
    {
        await using (var worker = await WorkerProcess.StartAsync(Root, Lease, Cancel))
        {
            worker.Kill();
        }

        var hosts = Path.Combine(Root, "hosts");
        var socket = Assert.Single(Directory.GetFiles(hosts, "*" + NotificationSocket.Extension));
        var leftover = Path.Combine(hosts, "0123456789abcdef.new");
        await File.WriteAllTextAsync(leftover, "", Cancel);
        File.SetLastWriteTimeUtc(leftover, Time.GetUtcNow().UtcDateTime - TimeSpan.FromDays(31));
        NewLock();
        Assert.False(File.Exists(socket));
        Assert.False(File.Exists(leftover));
        var dead = Assert.Single(Directory.GetFiles(hosts, "*.dead"));

        // It is kept as long as any record could name it.
        Time.Advance(TimeSpan.FromDays(29));
        NewLock();
        Assert.True(File.Exists(dead));
        Time.Advance(TimeSpan.FromDays(2));
        NewLock();
        Assert.False(File.Exists(dead));
    }

    [Fact]
    public async Task A_section_that_is_over_is_over_though_a_child_was_forked_in_it()
    {
        await GrantedAsync(NewLock(), "alice");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var forking = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                Run("true");
            }
        }, Cancel);
        var busy = 0;
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < TimeSpan.FromSeconds(2);)
        {
            using var file = LockedFile.TryLock(PathOf("alice"));
            busy += file is null ? 1 : 0;
        }

        await stop.CancelAsync();
        await forking;
        Assert.Equal(0, busy);
    }

    [Fact]
    public async Task A_host_names_files_in_its_container()
    {
        await using var services = new ServiceCollection()
            .AddSingleton<TimeProvider>(Time)
            .AddMaildropLocking(options => options.LeaseDuration = Lease)
            .UseFiles(Root)
            .Services.BuildServiceProvider();
        var locks = services.GetRequiredService<IMaildropLock>();
        Assert.IsType<FileMaildropLock>(locks);
        await GrantedAsync(locks, "alice");
        Assert.True(File.Exists(PathOf("alice")));
        Assert.Throws<ArgumentException>(() => new FileMaildropLock(new()));
    }
}
