using Maildrop.Locking.Files;

namespace Maildrop.Locking.Tests.Files;

public sealed class DirectoryTests : FileLockFixture
{
    private const UnixFileMode Own = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    [Fact]
    public async Task Directories_are_made_for_this_user_alone_and_files_too()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no modes.");
            return;
        }

        var locks = NewLock();
        await GrantedAsync(locks, "alice");
        Assert.Equal(DirectoryValidator.FolderMode, File.GetUnixFileMode(Root));
        foreach (var entry in Directory.EnumerateFileSystemEntries(Root, "*", SearchOption.AllDirectories).Where(entry => !entry.EndsWith(NotificationSocket.Extension, StringComparison.Ordinal)))
        {
            Assert.Equal(Directory.Exists(entry) ? DirectoryValidator.FolderMode : Own, File.GetUnixFileMode(entry));
        }
    }

    [Fact]
    public void A_directory_that_others_can_write_to_is_refused()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no modes.");
            return;
        }

        Directory.CreateDirectory(Root);
        foreach (var mode in new[] { UnixFileMode.GroupWrite, UnixFileMode.OtherWrite })
        {
            File.SetUnixFileMode(Root, DirectoryValidator.FolderMode | mode);
            Assert.Contains("Set its mode to 0700", Assert.Throws<MaildropStoreException>(() => NewLock()).Message, StringComparison.Ordinal);
        }

        File.SetUnixFileMode(Root, DirectoryValidator.FolderMode);
        NewLock();
    }

    [Fact]
    public void Another_users_directory_is_refused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.UserName == "root", "Only root can give a directory away.");
        DirectoryValidator.CreateFolder(Root);
        Assert.Equal("", Run("chown", "12345", Root));
        Assert.Contains("belongs to another user", Assert.Throws<MaildropStoreException>(() => NewLock()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_in_the_directorys_place_is_refused()
    {
        File.WriteAllText(Root, "");
        Assert.Contains(Root, Assert.Throws<MaildropStoreException>(() => NewLock()).Message, StringComparison.Ordinal);
        File.Delete(Root);
    }

    [Theory]
    [InlineData("nfs", true)]
    [InlineData("nfs4", true)]
    [InlineData("cifs", true)]
    [InlineData("smb2", true)]
    [InlineData("fuse", true)]
    [InlineData("fuseblk", true)]
    [InlineData("9p", true)]
    [InlineData("ext4", false)]
    [InlineData("xfs", false)]
    [InlineData("btrfs", false)]
    [InlineData("zfs", false)]
    [InlineData("tmpfs", false)]
    [InlineData("overlayfs", false)]
    [InlineData("NTFS", false)]
    [InlineData("apfs", false)]
    public void File_systems_of_other_machines_are_known(string format, bool isNetwork) => Assert.Equal(isNetwork, DirectoryValidator.IsNetwork(format));

    [Fact]
    public async Task A_directory_that_is_gone_grants_nothing_until_it_is_back()
    {
        var locks = NewLock();
        var lease = await GrantedAsync(locks, "alice");
        Directory.Move(Root, Root + ".away");
        try
        {
            Assert.Contains("is gone or", await UnavailableAsync(locks, "alice"), StringComparison.Ordinal);
            Assert.Contains("is gone or", await UnavailableAsync(locks, "bob"), StringComparison.Ordinal);
            await Assert.ThrowsAsync<MaildropStoreException>(async () => await locks.GetHoldersAsync("alice", Cancel));
            Assert.False(Directory.Exists(Root));
        }
        finally
        {
            Directory.Move(Root + ".away", Root);
        }

        Assert.True(lease.IsHeld);
        await RefusedAsync(locks, "alice");
        await GrantedAsync(locks, "bob");
    }

    [Fact]
    public async Task A_directory_that_was_replaced_grants_nothing_while_leases_of_the_old_one_may_live()
    {
        var locks = NewLock();
        var other = NewLock();
        var lease = await GrantedAsync(locks, "alice");
        Directory.Delete(Root, recursive: true);
        DirectoryValidator.CreateFolder(Root);
        Assert.True(lease.IsHeld);
        Assert.Contains("gone or was replaced", await UnavailableAsync(other, "alice"), StringComparison.Ordinal);
        for (var waited = TimeSpan.Zero; waited < Lease; waited += Lease / 10)
        {
            await UnavailableAsync(other, "alice");
            Time.Advance(Lease / 10);
            await locks.SettleAsync();
        }

        Assert.False(lease.IsHeld);
        Time.Advance(Lease);
        Assert.True((await GrantedAsync(other, "alice")).FencingToken > lease.FencingToken);
    }

    [Fact]
    public async Task Waiters_wake_by_notification_again_after_the_directory_was_replaced()
    {
        var locks = NewLock();
        var other = NewLock();
        await GrantedAsync(locks, "alice");
        Directory.Delete(Root, recursive: true);
        await UnavailableAsync(locks, "alice");
        await UnavailableAsync(other, "alice");
        Time.Advance(Lease * 1.2);
        var lease = await GrantedAsync(locks, "alice");
        await RefusedAsync(other, "alice");
        var waiting = other.AcquireAsync("alice", new() { Wait = Lease }, Cancel).AsTask();
        for (var tries = 0; tries < 10_000 && !other.IsWaitedFor("alice"); tries++)
        {
            await Task.Delay(1, Cancel);
        }

        // Time stands still, so only a notification can wake it.
        await lease.ReleaseAsync(Cancel);
        await using var next = await waiting.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        Assert.True(next.IsAcquired);
    }

    [Fact]
    public async Task Another_users_directory_in_place_of_the_own_is_refused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.UserName == "root", "Only root can give a directory away.");
        var locks = NewLock();
        Directory.Delete(Root, recursive: true);
        Directory.CreateDirectory(Root);
        Assert.Equal("", Run("chown", "12345", Root));
        await UnavailableAsync(locks, "alice");
        Time.Advance(Lease * 1.2);
        Assert.Contains("belongs to another user", await UnavailableAsync(locks, "alice"), StringComparison.Ordinal);
        Assert.Equal("", Run("chown", "0", Root));
        Assert.Equal("", Run("chmod", "0777", Root));
        Assert.Contains("can be written to by others", await UnavailableAsync(locks, "alice"), StringComparison.Ordinal);
        Assert.Equal("", Run("chmod", "0700", Root));
        await GrantedAsync(locks, "alice");
    }

    [Fact]
    public async Task A_host_whose_own_files_were_removed_recovers()
    {
        var locks = NewLock();
        Directory.Delete(Path.Combine(Root, "hosts"), recursive: true);
        await UnavailableAsync(locks, "alice");
        Time.Advance(Lease * 1.2);
        await GrantedAsync(locks, "alice");
    }

    [Fact]
    public async Task A_stopped_host_leaves_no_files_of_its_own()
    {
        await using (var locks = new FileMaildropLock(new() { Directory = Root }, Time))
        {
            await (await GrantedAsync(locks, "alice")).ReleaseAsync(Cancel);
        }

        Assert.Equal([PathOf("alice")], Directory.GetFiles(Root, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_full_disk_grants_nothing_new_and_keeps_what_is_there()
    {
        using var disk = SmallDisk.Mount();
        var locks = NewLock(disk.Path);
        var held = await GrantedAsync(locks, "alice");
        var shared = new MaildropLockRequest { Access = MaildropAccess.Shared };
        await using var share = await locks.AcquireAsync("imap", shared, Cancel);
        disk.Fill();
        Assert.DoesNotContain("remove", await UnavailableAsync(locks, "bob"), StringComparison.OrdinalIgnoreCase);

        // A record that cannot grow stays whole.
        MaildropLease one;
        while ((one = await locks.AcquireAsync("imap", shared, Cancel)).IsAcquired)
        {
        }

        Assert.Equal(MaildropLockStatus.Unavailable, one.Status);
        Assert.Contains("space", one.Error!.Message, StringComparison.Ordinal);
        Assert.Contains(await locks.GetHoldersAsync("imap", Cancel), holder => holder.FencingToken == share.FencingToken);

        // What is written in place needs no space.
        Assert.True(await held.BeginUpdateAsync(Cancel));
        await held.ReleaseAsync(Cancel);
        await GrantedAsync(locks, "alice");
        disk.Free();
        await GrantedAsync(locks, "bob");
        Assert.True((await locks.AcquireAsync("imap", shared, Cancel)).IsAcquired);
    }

    /// <summary>A disk of 128 KB in memory.</summary>
    private sealed class SmallDisk : IDisposable
    {
        public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), "maildrop-disk-" + Guid.NewGuid().ToString("N"));

        private string Filler => System.IO.Path.Combine(Path, "filler");

        public static SmallDisk Mount()
        {
            var disk = new SmallDisk();
            Directory.CreateDirectory(disk.Path);
            var fault = OperatingSystem.IsLinux() ? Run("mount", "-t", "tmpfs", "-o", "size=128k,mode=0700", "tmpfs", disk.Path) : "not Linux";
            if (fault.Length > 0)
            {
                Directory.Delete(disk.Path);
                Assert.Skip($"A small disk can only be mounted by root: {fault}");
            }

            return disk;
        }

        public void Fill()
        {
            using var filler = File.Create(Filler, 1);
            try
            {
                while (true)
                {
                    filler.Write(new byte[4096]);
                }
            }
            catch (IOException)
            {
                // Full.
            }
        }

        public void Free() => File.Delete(Filler);


        public void Dispose()
        {
            // The test's lock still runs, and takes note of the empty directory below.
            Run("umount", "-l", Path);
            Directory.Delete(Path, recursive: true);
        }
    }
}
