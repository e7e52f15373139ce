using System.Globalization;

namespace Maildrop.Locking.Testing;

/// <summary>The contract of every lock: grants, waits, losses and releases.</summary>
public abstract partial class MaildropLockContract : LockContract
{
    [Fact]
    public async Task A_free_maildrop_is_granted()
    {
        var lease = await GrantedAsync("alice");
        Assert.Equal("alice", lease.Maildrop.Value);
        Assert.Equal(MaildropAccess.Exclusive, lease.Access);
        Assert.Equal(MaildropLeaseLoss.None, lease.Loss);
        Assert.False(lease.LostToken.IsCancellationRequested);
        Assert.Null(lease.BlockedBy);
        Assert.Null(lease.Error);
        Assert.True(lease.ExpiresAt > Backend.UtcNow);
    }

    [Fact]
    public async Task A_released_maildrop_is_granted_again()
    {
        var lease = await GrantedAsync("alice");
        await lease.ReleaseAsync(Cancel);
        Assert.False(lease.IsHeld);
        Assert.Equal(MaildropLeaseLoss.None, lease.Loss);
        await GrantedAsync("alice");
    }

    [Fact]
    public async Task A_held_maildrop_is_refused_and_tells_who_has_it()
    {
        var session = new MaildropSession("POP3", "c17", "192.0.2.7");
        var holder = await GrantedAsync("alice", new() { Session = session });
        var refused = await RefusedAsync("alice");
        Assert.False(refused.IsAcquired || refused.IsHeld);
        Assert.Equal(0, refused.FencingToken);
        Assert.NotNull(refused.BlockedBy);
        Assert.Equal(session, refused.BlockedBy.Session);
        Assert.Equal(holder.FencingToken, refused.BlockedBy.FencingToken);
        Assert.Equal(MaildropAccess.Exclusive, refused.BlockedBy.Access);
        Assert.Equal(Environment.ProcessId, refused.BlockedBy.ProcessId);
        Assert.Equal(Environment.MachineName, refused.BlockedBy.Host);
        Assert.InRange(refused.RetryAfter!.Value, TimeSpan.Zero, Backend.IdleTimeout);
        Assert.False(await refused.BeginUpdateAsync(Cancel));
    }

    [Fact]
    public async Task A_session_refused_a_maildrop_frees_nothing_when_it_goes()
    {
        var holder = await GrantedAsync("alice");
        var refused = await RefusedAsync("alice");
        refused.RecordActivity();
        await refused.ReleaseAsync(Cancel);
        await refused.DisposeAsync();
        Assert.True(holder.IsHeld);
        await RefusedAsync("alice");
    }

    [Fact]
    public async Task Release_is_idempotent_and_never_frees_a_successor()
    {
        var first = await GrantedAsync("alice");
        await first.ReleaseAsync(Cancel);
        var second = await GrantedAsync("alice");
        await first.ReleaseAsync(Cancel);
        await first.DisposeAsync();
        Assert.True(second.IsHeld);
        await RefusedAsync("alice");
    }

    [Fact]
    public async Task Of_a_hundred_at_once_one_is_granted()
    {
        var leases = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(() => Locks.AcquireAsync("alice", cancellationToken: Cancel).AsTask(), Cancel)));
        Assert.Single(leases, lease => lease.IsAcquired);
        Assert.All(leases.Where(lease => !lease.IsAcquired), lease => Assert.Equal(MaildropLockStatus.InUse, lease.Status));
    }

    [Fact]
    public async Task Names_are_told_apart_by_every_code_unit()
    {
        // Case, composed and decomposed, dotless i, right-to-left marks, hostile paths, devices, lengths.
        string[] names =
        [
            "alice", "Alice", "ALICE", "alice ", " alice", "alice.", "ali", "\u00e9t\u00e9", "e\u0301te\u0301", "i", "I", "\u0131", "\u0130", "ss", "\u00df",
            "../alice", "../../etc/passwd", "/etc/passwd", "..", ".", "C:\\alice", "CON", "con", "NUL.txt", "a/b", "a\\b", "a:b", "a*b", "{b000}alice", "alice\u200f",
            "\u0627\u0644\u0628\u0631\u064a\u062f", "\u30e1\u30fc\u30eb", "\U0001F4EC", "alice@example.org", "%2e%2e", "a%b", "'; DROP", new string('x', 1024), new string('x', 1023), new string('\u20ac', 341),
        ];
        var culture = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = new CultureInfo("tr-TR");
        try
        {
            var leases = new List<MaildropLease>();
            foreach (var name in names)
            {
                leases.Add(await GrantedAsync(name));
            }

            foreach (var name in names)
            {
                await RefusedAsync(name);
            }

            var listed = new List<string>();
            await foreach (var holder in Locks.ListHoldersAsync(Cancel))
            {
                listed.Add(holder.Maildrop.Value);
            }

            Assert.Equal(names.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
            foreach (var lease in leases)
            {
                await lease.DisposeAsync();
            }
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    [Fact]
    public async Task No_name_is_no_maildrop()
    {
        await Assert.ThrowsAsync<ArgumentException>("maildrop", () => Locks.AcquireAsync(default, cancellationToken: Cancel).AsTask());
        await Assert.ThrowsAsync<ArgumentException>("maildrop", () => Locks.GetHoldersAsync(default, Cancel).AsTask());
        await Assert.ThrowsAsync<ArgumentException>("maildrop", () => Locks.RevokeAsync(default, 1, Cancel).AsTask());
    }

    [Fact]
    public async Task Cancelled_before_it_begins_nothing_is_granted()
    {
        var cancelled = new CancellationToken(canceled: true);
        Assert.True(Locks.AcquireAsync("alice", cancellationToken: cancelled).AsTask().IsCanceled);
        Assert.True(Locks.GetHoldersAsync("alice", cancelled).AsTask().IsCanceled);
        Assert.True(Locks.RevokeAsync("alice", 1, cancelled).AsTask().IsCanceled);
        await GrantedAsync("alice");
    }
}
