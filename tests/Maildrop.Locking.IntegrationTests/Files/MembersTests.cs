using System.Runtime.Versioning;
using Maildrop.Locking.Files;

namespace Maildrop.Locking.Tests.Files;

/// <summary>How the processes of a directory agree on the way they keep sections, and what becomes of those that are gone.</summary>
[SupportedOSPlatform("linux")]
public sealed class MembersTests : FileLockFixture
{
    private static readonly TimeSpan LookAlways = TimeSpan.Zero;

    private readonly string _otherMemory = Path.Combine(Path.GetTempPath(), "maildrop-memory-" + Guid.NewGuid().ToString("N"));

    private static string Memory => SharedMemoryFolder.Find()!;

    private string Says => File.ReadAllText(Path.Combine(Root, ".sections")).Split(' ')[0];

    public static bool IsLinux => OperatingSystem.IsLinux() && SharedMemoryFolder.Find() is not null;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (Directory.Exists(_otherMemory))
        {
            Directory.Delete(_otherMemory, recursive: true);
        }
    }

    [Fact(Skip = "There is no shared memory here.", SkipUnless = nameof(IsLinux))]
    public async Task Sections_are_in_memory_while_all_have_the_same()
    {
        var (one, other) = (NewLock(), NewLock());
        await GrantedAsync(one, "alice");
        await RefusedAsync(other, "alice");
        Assert.Equal("memory", Says);
    }

    [Theory(Skip = "There is no shared memory here.", SkipUnless = nameof(IsLinux))]
    [InlineData(true)]
    [InlineData(false)]
    public async Task One_that_has_another_memory_brings_all_to_locks_of_files(bool hasMemory)
    {
        var one = NewLock();
        var held = await GrantedAsync(one, "alice");
        Directory.CreateDirectory(_otherMemory);
        var other = NewLockOf(hasMemory ? _otherMemory : null);
        Assert.Equal("files", Says);

        // The first goes over when it next does something.
        await GrantedAsync(one, "bob");
        await RefusedAsync(other, "alice");
        await RefusedAsync(other, "bob");
        await held.ReleaseAsync(Cancel);
        await GrantedAsync(other, "alice");
        await RefusedAsync(one, "alice");
        Assert.Equal("files", Says);
    }

    [Fact(Skip = "There is no shared memory here.", SkipUnless = nameof(IsLinux))]
    public async Task An_idle_lock_goes_over_by_itself()
    {
        NewLock();
        var other = NewLockOf(memory: null, time: TimeProvider.System);
        var waiting = other.AcquireAsync("alice", cancellationToken: Cancel).AsTask();
        Assert.False(waiting.IsCompleted);
        Time.Advance(TimeSpan.FromSeconds(2));
        Assert.True((await waiting).IsAcquired);
    }

    [Fact(Skip = "There is no shared memory here.", SkipUnless = nameof(IsLinux))]
    public async Task One_that_uses_what_it_has_open_goes_over_too()
    {
        var one = NewLock();
        await (await GrantedAsync(one, "alice")).ReleaseAsync(Cancel);
        var other = NewLockOf(memory: null, time: TimeProvider.System);

        // Longer than it goes without a look.
        await Task.Delay(10, Cancel);
        await (await GrantedAsync(one, "alice")).ReleaseAsync(Cancel);
        await GrantedAsync(other, "bob");
    }

    [Fact(Skip = "There is no shared memory here.", SkipUnless = nameof(IsLinux))]
    public void Nobody_locks_files_while_somebody_is_in_a_section_in_memory()
    {
        LockDirectory.CreateFolder(Root);
        var one = Members.Join(Root, Memory, TimeSpan.Zero);
        var table = one.Table!;
        Assert.True(table.TryEnter(7, breaks: true));
        Assert.True(one.IsInPlace(LookAlways));
        using var other = Members.Join(Root, null, TimeSpan.Zero);
        Assert.Null(other.Table);
        Assert.False(one.IsInPlace(LookAlways));
        Assert.False(other.MayBegin());

        // It leaves as soon as it knows, but for the section that it is in.
        one.Dispose();
        Assert.False(other.MayBegin());
        Assert.False(table.TryEnter(8, breaks: true));
        table.Leave(7);
        Assert.True(other.MayBegin());
    }

    [Fact(Skip = "There is no shared memory here.", SkipUnless = nameof(IsLinux))]
    public void The_ways_change_back_when_all_are_gone_and_the_last_takes_the_table_with_it()
    {
        LockDirectory.CreateFolder(Root);
        var one = Members.Join(Root, Memory, TimeSpan.Zero);
        var file = File.ReadAllText(Path.Combine(Root, ".sections")).Split(' ')[2];
        var other = Members.Join(Root, Memory, TimeSpan.Zero);
        one.Dispose();
        Assert.True(File.Exists(Path.Combine(Memory, file)));
        other.Dispose();
        Assert.False(File.Exists(Path.Combine(Memory, file)));
        using (Members.Join(Root, null, TimeSpan.Zero))
        {
            Assert.Equal("files", Says);
        }

        using (Members.Join(Root, Memory, TimeSpan.Zero))
        {
            file = File.ReadAllText(Path.Combine(Root, ".sections")).Split(' ')[2];
            File.Delete(Path.Combine(Root, ".sections"));
        }

        Assert.False(File.Exists(Path.Combine(Memory, file)));

        using (Members.Join(Root, Memory, TimeSpan.Zero))
        {
            Assert.Equal("memory", Says);
        }
    }

    [Fact(Skip = "There is no shared memory here.", SkipUnless = nameof(IsLinux))]
    public async Task The_table_of_killed_members_is_removed_by_the_next_one()
    {
        string left;
        await using (var worker = await WorkerProcess.StartAsync(Root, Lease, Cancel))
        {
            left = Path.Combine(Memory, File.ReadAllText(Path.Combine(Root, ".sections")).Split(' ')[2]);
            worker.Kill();
        }

        Assert.True(File.Exists(left));
        await GrantedAsync(NewLock(), "alice");
        Assert.False(File.Exists(left));
    }

    [Fact(Skip = "There is no shared memory here.", SkipUnless = nameof(IsLinux))]
    public void A_section_keeps_every_other_member_out()
    {
        LockDirectory.CreateFolder(Root);
        using var one = Members.Join(Root, Memory, TimeSpan.Zero);
        using var other = Members.Join(Root, Memory, TimeSpan.Zero);
        var inside = 0;
        var overlaps = 0;
        var entered = 0;
        Parallel.ForEach([one, other], members =>
        {
            for (var i = 0; i < 100_000; i++)
            {
                if (members.Table!.TryEnter(5, breaks: i % 100 == 0))
                {
                    overlaps += Interlocked.Increment(ref inside) == 1 ? 0 : 1;
                    entered++;
                    Interlocked.Decrement(ref inside);
                    members.Table.Leave(5);
                }
            }
        });
        Assert.Equal(0, overlaps);
        Assert.True(entered > 1000);
    }

    [Fact(Skip = "There is no shared memory here.", SkipUnless = nameof(IsLinux))]
    public async Task A_section_of_a_process_that_lives_is_waited_for_and_that_of_a_dead_one_is_over()
    {
        var locks = NewLock(time: TimeProvider.System);
        await (await GrantedAsync(locks, "alice")).ReleaseAsync(Cancel);
        await using var worker = await WorkerProcess.StartAsync(Root, Lease, Cancel);
        Assert.Equal(["entered"], await worker.AskAsync("enter alice", Cancel));
        worker.Stop();
        Assert.Contains("Another process is in the way", await UnavailableAsync(locks, "alice"), StringComparison.Ordinal);
        worker.Kill();
        await GrantedAsync(locks, "alice");
    }

    [Fact(Skip = "There is no shared memory here.", SkipUnless = nameof(IsLinux))]
    public async Task What_a_process_wrote_before_it_was_killed_in_its_section_is_read()
    {
        var locks = NewLock(time: TimeProvider.System);
        await (await GrantedAsync(locks, "alice")).ReleaseAsync(Cancel);
        await using var worker = await WorkerProcess.StartAsync(Root, Lease, Cancel);
        Assert.Equal(["entered"], await worker.AskAsync("enter alice writes", Cancel));
        worker.Kill();
        Assert.Contains("cannot be read", await UnavailableAsync(locks, "alice"), StringComparison.Ordinal);
    }

    [Fact(Skip = "There is no shared memory here.", SkipUnless = nameof(IsLinux))]
    public async Task A_record_that_was_deleted_is_not_taken_from_memory()
    {
        var (one, other) = (NewLock(), NewLock());
        await (await GrantedAsync(one, "alice")).ReleaseAsync(Cancel);
        File.Delete(PathOf("alice"));
        await GrantedAsync(other, "alice");
        await RefusedAsync(one, "alice");
    }

    [Fact(Skip = "There is no shared memory here.", SkipUnless = nameof(IsLinux))]
    public async Task When_the_file_of_members_is_removed_nobody_is_in_a_section_until_all_have_seen_it()
    {
        var one = NewLock(time: TimeProvider.System);
        await GrantedAsync(one, "alice");
        File.Delete(Path.Combine(Root, ".sections"));
        var members = Members.Join(Root, Memory, TimeSpan.FromMilliseconds(250));
        Assert.False(members.MayBegin());
        using (var second = Members.Join(Root, Memory, TimeSpan.Zero))
        {
            // Whoever comes behind waits as long.
            Assert.False(second.MayBegin());
        }

        members.Dispose();
        var other = NewLock(time: TimeProvider.System);
        await RefusedAsync(other, "alice");
        await GrantedAsync(other, "bob");
        await RefusedAsync(one, "bob");
    }

    [Fact(Skip = "There is no shared memory here.", SkipUnless = nameof(IsLinux))]
    public void Where_bytes_cannot_be_locked_it_is_told()
    {
        using var none = new Microsoft.Win32.SafeHandles.SafeFileHandle(int.MaxValue, ownsHandle: false);
        Assert.Throws<PlatformNotSupportedException>(() => ByteLock.ThrowIfUnknown(none));
        Assert.True(ByteLock.IsTaken(none, 0, 1));
    }

    [Theory]
    [InlineData("")]
    [InlineData("memory 0 ../../etc/passwd 1 2 3\n")]
    [InlineData("memory 0 maildrop-locking-/../x 1 2 3\n")]
    [InlineData("memory x maildrop-locking-0 1 2 3\n")]
    [InlineData("memory 0 maildrop-locking-0 1 2\n")]
    [InlineData("files\n")]
    public void A_text_that_is_none_says_nothing(string text) => Assert.Null(MembersText.Parse(text));

    [Fact]
    public void What_is_said_is_read()
    {
        MembersText[] texts = [new(null, default, 5), new(MembersText.TablePrefix + "00ff", new(ulong.MaxValue, 3, 99), 0)];
        Assert.All(texts, text => Assert.Equal(text, MembersText.Parse(text.ToString())));
    }
}
