using System.Diagnostics;
using Maildrop.Locking.Files;
using Maildrop.Locking.Storage;
using Microsoft.Extensions.Time.Testing;

namespace Maildrop.Locking.Tests.Files;

/// <summary>What most tests of files need: a directory, a clock that the test moves, and hosts that seem to be whoever the test says.</summary>
public abstract class FileLockFixture : IAsyncLifetime
{
    private readonly List<IAsyncDisposable> _hosts = [];
    private readonly TemporaryDirectory _directory = new();

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected static TimeSpan Lease { get; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the engine has a backend keep what is not renewed.</summary>
    protected static TimeSpan Expiry { get; } = Lease * 1.15;

    protected string Root => _directory.Path;

    protected FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 23, 8, 0, 0, TimeSpan.Zero));

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public virtual async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            await host.DisposeAsync();
        }

        _directory.Dispose();
        GC.SuppressFinalize(this);
    }

    protected FileMaildropLock NewLock(string? root = null, TimeProvider? time = null)
    {
        var host = new FileMaildropLock(new() { Directory = root ?? Root, LeaseDuration = Lease }, time ?? Time);
        _hosts.Add(host);
        return host;
    }

    /// <summary>A backend without a lock, so that nothing is renewed.</summary>
    internal FileMaildropStore NewStore(TimeProvider? time = null)
    {
        var store = new FileMaildropStore(new() { Directory = Root, LeaseDuration = Lease }, time ?? Time);
        _hosts.Add(store);
        return store;
    }

    protected string PathOf(MaildropName maildrop, string? root = null) => RecordPath.Of(root ?? Root, maildrop).Full;

    protected static AcquireRequest Ask(MaildropName maildrop, MaildropAccess access = MaildropAccess.Exclusive) =>
        new() { Maildrop = maildrop, Access = access, Owner = LeaseOwner.New(), Expiry = Expiry, Host = "test", ProcessId = Environment.ProcessId };

    /// <summary>Asserts that a lock neither grants nor goes wrong without saying why.</summary>
    protected static async Task<string> UnavailableAsync(IMaildropLock locks, MaildropName maildrop)
    {
        await using var lease = await locks.AcquireAsync(maildrop, cancellationToken: Cancel);
        Assert.Equal(MaildropLockStatus.Unavailable, lease.Status);
        Assert.False(lease.IsHeld);
        return Assert.IsType<MaildropStoreException>(lease.Error).Message;
    }

    protected static async Task<MaildropLease> GrantedAsync(IMaildropLock locks, MaildropName maildrop)
    {
        var lease = await locks.AcquireAsync(maildrop, cancellationToken: Cancel);
        Assert.True(lease.IsAcquired, $"{lease.Status} {lease.Error}");
        return lease;
    }

    protected static async Task RefusedAsync(IMaildropLock locks, MaildropName maildrop) =>
        Assert.Equal(MaildropLockStatus.InUse, (await locks.AcquireAsync(maildrop, cancellationToken: Cancel)).Status);

    protected static string Run(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? "" : error + process.ExitCode;
    }
}
