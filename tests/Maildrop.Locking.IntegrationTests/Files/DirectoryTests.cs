using System.Diagnostics;
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
        Assert.Equal(LockDirectory.FolderMode, File.GetUnixFileMode(Root));
        foreach (var entry in Directory.EnumerateFileSystemEntries(Root, "*", SearchOption.AllDirectories).Where(entry => !entry.Contains(".wake/", StringComparison.Ordinal)))
        {
            Assert.Equal(Directory.Exists(entry) ? LockDirectory.FolderMode : Own, File.GetUnixFileMode(entry));
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
            File.SetUnixFileMode(Root, LockDirectory.FolderMode | mode);
            Assert.Contains("Set its mode to 0700", Assert.Throws<MaildropStoreException>(() => NewLock()).Message, StringComparison.Ordinal);
        }

        File.SetUnixFileMode(Root, LockDirectory.FolderMode);
        NewLock();
    }

    [Fact]
    public void Another_users_directory_is_refused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.UserName == "root", "Only root can give a directory away.");
        LockDirectory.CreateFolder(Root);
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

    [Fact]
    public async Task Where_the_runtimes_file_locks_are_off_a_host_does_not_start()
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Maildrop.Locking.Tests.Worker.dll"), Root, "30000"])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
            Environment = { ["DOTNET_SYSTEM_IO_DISABLEFILELOCKING"] = "1" },
        };
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var error = await process.StandardError.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);
        Assert.NotEqual(0, process.ExitCode);
        Assert.Contains("DOTNET_SYSTEM_IO_DISABLEFILELOCKING is not set", error, StringComparison.Ordinal);
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
    public void File_systems_of_other_machines_are_known(string format, bool isNetwork) => Assert.Equal(isNetwork, StartChecks.IsNetwork(format));

    [Fact]
    public async Task A_directory_that_is_gone_grants_nothing_until_it_is_back()
    {
        var locks = NewLock();
        var lease = await GrantedAsync(locks, "alice");
        Directory.Move(Root, Root + ".away");
        try
        {
            Assert.Contains("is gone", await UnavailableAsync(locks, "alice"), StringComparison.Ordinal);
            Assert.Contains("is gone", await UnavailableAsync(locks, "bob"), StringComparison.Ordinal);
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
        LockDirectory.CreateFolder(Root);
        Assert.True(lease.IsHeld);
        Assert.Contains("was replaced", await UnavailableAsync(other, "alice"), StringComparison.Ordinal);
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

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_full_disk_grants_nothing_new_and_keeps_what_is_there(bool sharesMemory)
    {
        using var disk = SmallDisk.Mount();
        var locks = NewLockOf(sharesMemory ? SharedMemoryFolder.Find() : null, disk.Path);
        var held = await GrantedAsync(locks, "alice");
        var shared = new MaildropLockRequest { Access = MaildropAccess.Shared };
        await using var share = await locks.AcquireAsync("imap", shared, Cancel);
        disk.Fill();
        await UnavailableAsync(locks, "bob");

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

    [Fact]
    public async Task A_disk_that_turns_read_only_grants_nothing_and_loses_nothing_before_its_time()
    {
        using var disk = SmallDisk.Mount();

        // Where records stay open, the system does not let an operator do this.
        var locks = NewLockOf(memory: null, disk.Path);
        var held = await GrantedAsync(locks, "alice");
        await (await GrantedAsync(locks, "bob")).ReleaseAsync(Cancel);
        disk.Remount("ro");
        await UnavailableAsync(locks, "bob");
        await UnavailableAsync(locks, "carol");
        Time.Advance(Lease / 2);
        await locks.SettleAsync();
        Assert.True(held.IsHeld);
        disk.Remount("rw");
        Time.Advance(Lease / 15);
        await locks.SettleAsync();
        Time.Advance(Lease / 2);
        await locks.SettleAsync();
        Assert.True(held.IsHeld);
        await GrantedAsync(locks, "bob");
        await GrantedAsync(locks, "carol");
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

        public void Remount(string mode) => Assert.Equal("", Run("mount", "-o", "remount," + mode, Path));

        public void Dispose()
        {
            // The test's lock still runs, and takes note of the empty directory below.
            Run("umount", "-l", Path);
            Directory.Delete(Path, recursive: true);
        }
    }
}
