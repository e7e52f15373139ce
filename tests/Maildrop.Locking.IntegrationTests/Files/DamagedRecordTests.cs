namespace Maildrop.Locking.Tests.Files;

public sealed class DamagedRecordTests : FileLockFixture
{
    /// <summary>What the backend takes for the longest lease of a host with its options.</summary>
    private static TimeSpan Longest { get; } = Lease * 1.2;

    [Theory]
    [InlineData(0)]
    [InlineData(300)]
    public async Task A_record_that_a_power_loss_emptied_is_free_at_once_beside_a_live_host(int zeros)
    {
        var other = NewLock();
        await GrantedAsync(other, "bob");
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf("alice"))!);
        await File.WriteAllBytesAsync(PathOf("alice"), new byte[zeros], Cancel);
        await GrantedAsync(NewLock(), "alice");
    }

    [Fact]
    public async Task A_record_that_cannot_be_read_is_free_at_once_where_no_other_host_lives()
    {
        await using (var gone = new FileMaildropLock(new() { Directory = Root, LeaseDuration = Lease }, Time))
        {
            await GrantedAsync(gone, "alice");
        }

        var bytes = await File.ReadAllBytesAsync(PathOf("alice"), Cancel);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(PathOf("alice"), bytes, Cancel);
        await GrantedAsync(NewLock(), "alice");
    }

    [Fact]
    public async Task A_hosts_own_lease_is_in_the_way_though_its_record_cannot_be_read()
    {
        var locks = NewLock();
        await GrantedAsync(locks, "alice");
        foreach (var content in new byte[][] { [], [1, 2, 3] })
        {
            await File.WriteAllBytesAsync(PathOf("alice"), content, Cancel);
            Assert.Contains("cannot be read", await UnavailableAsync(locks, "alice"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_record_that_is_cut_off_anywhere_is_never_taken_for_free()
    {
        var holder = await GrantedAsync(NewLock(), "alice");
        var bytes = await File.ReadAllBytesAsync(PathOf("alice"), Cancel);
        var other = NewLock();
        for (var length = 1; length < bytes.Length; length++)
        {
            await File.WriteAllBytesAsync(PathOf("alice"), bytes[..length], Cancel);
            Assert.Contains("cannot be read", await UnavailableAsync(other, "alice"), StringComparison.Ordinal);
        }

        await WorksAgainAsync(bytes, holder, other);
    }

    [Fact]
    public async Task A_record_with_any_byte_changed_is_never_taken_for_free()
    {
        var holder = await GrantedAsync(NewLock(), "alice");
        var bytes = await File.ReadAllBytesAsync(PathOf("alice"), Cancel);
        var other = NewLock();
        foreach (var flip in new byte[] { 0xFF, 0x01, 0x80 })
        {
            for (var i = 0; i < bytes.Length; i++)
            {
                var damaged = bytes.ToArray();
                damaged[i] ^= flip;
                await File.WriteAllBytesAsync(PathOf("alice"), damaged, Cancel);
                await UnavailableAsync(other, "alice");
            }
        }

        await WorksAgainAsync(bytes, holder, other);
    }

    [Fact]
    public async Task A_record_that_cannot_be_read_is_replaced_when_it_was_seen_unchanged_for_longer_than_a_lease()
    {
        var dead = NewStore();
        var token = (await dead.AcquireAsync(Ask("alice"), Cancel)).FencingToken;
        var bytes = await File.ReadAllBytesAsync(PathOf("alice"), Cancel);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(PathOf("alice"), bytes, Cancel);
        var locks = NewLock();
        await UnavailableAsync(locks, "alice");
        Time.Advance(Longest - TimeSpan.FromSeconds(1));
        await UnavailableAsync(locks, "alice");

        // Somebody writes there, so somebody lives.
        bytes[^1] ^= 2;
        await File.WriteAllBytesAsync(PathOf("alice"), bytes, Cancel);
        Time.Advance(TimeSpan.FromSeconds(2));
        await UnavailableAsync(locks, "alice");
        Time.Advance(Longest - TimeSpan.FromSeconds(1));
        await UnavailableAsync(locks, "alice");
        Time.Advance(TimeSpan.FromSeconds(2));
        var lease = await GrantedAsync(locks, "alice");
        Assert.True(lease.FencingToken > token);
    }

    [Fact]
    public async Task A_record_of_another_version_is_in_the_way()
    {
        var other = NewLock();
        await (await GrantedAsync(other, "alice")).ReleaseAsync(Cancel);
        var bytes = await File.ReadAllBytesAsync(PathOf("alice"), Cancel);
        bytes[3] = (byte)'9';
        await File.WriteAllBytesAsync(PathOf("alice"), bytes, Cancel);
        Assert.Contains("cannot be read", await UnavailableAsync(NewLock(), "alice"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_maildrops_record_is_never_used_however_long_it_lies_there()
    {
        var locks = NewLock();
        await (await GrantedAsync(locks, "alice")).ReleaseAsync(Cancel);
        await (await GrantedAsync(locks, "bob")).ReleaseAsync(Cancel);
        File.Copy(PathOf("bob"), PathOf("alice"), overwrite: true);
        Assert.Contains("another maildrop", await UnavailableAsync(locks, "alice"), StringComparison.Ordinal);
        Time.Advance(Longest * 2);
        Assert.Contains("another maildrop", await UnavailableAsync(locks, "alice"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_where_the_record_should_be_is_told_of()
    {
        var locks = NewLock();
        Directory.CreateDirectory(PathOf("alice"));
        var message = await UnavailableAsync(locks, "alice");
        Assert.Contains(PathOf("alice"), message, StringComparison.Ordinal);
        Assert.DoesNotContain("remove", message, StringComparison.OrdinalIgnoreCase);
        Directory.Delete(PathOf("alice"));
        await GrantedAsync(locks, "alice");
    }

    [Fact]
    public async Task A_renewal_that_cannot_read_its_record_loses_nothing_before_its_time()
    {
        var locks = NewLock();
        var lease = await GrantedAsync(locks, "alice");
        var bytes = await File.ReadAllBytesAsync(PathOf("alice"), Cancel);
        await File.WriteAllBytesAsync(PathOf("alice"), [], Cancel);
        Time.Advance(Lease / 2);
        await locks.SettleAsync();
        Assert.True(lease.IsHeld);
        await File.WriteAllBytesAsync(PathOf("alice"), bytes, Cancel);
        for (var i = 0; i < 20; i++)
        {
            Time.Advance(Lease / 10);
            await locks.SettleAsync();
        }

        Assert.True(lease.IsHeld);
    }

    [Fact]
    public async Task A_list_tells_of_what_it_could_not_read_when_it_has_told_the_rest()
    {
        var locks = NewLock();
        await GrantedAsync(locks, "alice");
        await GrantedAsync(locks, "bob");
        await File.WriteAllBytesAsync(PathOf("bob"), [1, 2, 3], Cancel);
        var seen = new List<string>();
        var fault = await Assert.ThrowsAsync<MaildropStoreException>(async () =>
        {
            await foreach (var holder in locks.ListHoldersAsync(Cancel))
            {
                seen.Add(holder.Maildrop.Value);
            }
        });
        Assert.Equal(["alice"], seen);
        Assert.Contains(PathOf("bob"), fault.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<MaildropStoreException>(async () => await locks.GetHoldersAsync("bob", Cancel));
    }

    private async Task WorksAgainAsync(byte[] bytes, MaildropLease holder, IMaildropLock other)
    {
        await File.WriteAllBytesAsync(PathOf("alice"), bytes, Cancel);
        await RefusedAsync(other, "alice");
        await holder.ReleaseAsync(Cancel);
        Assert.True((await GrantedAsync(other, "alice")).FencingToken > holder.FencingToken);
    }
}
