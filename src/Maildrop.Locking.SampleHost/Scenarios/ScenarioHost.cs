using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Maildrop.Locking.SampleHost.Hosting;

namespace Maildrop.Locking.SampleHost.Scenarios;

/// <summary>A host for one scenario. It has alice's maildrop with two messages.</summary>
internal sealed class ScenarioHost : IAsyncDisposable
{
    public const string User = "alice";

    private readonly DirectoryInfo _folder;
    private readonly ScenarioContext _context;

    private ScenarioHost(ScenarioContext context, DirectoryInfo folder, Pop3Host host, LockStoreOption store)
    {
        _context = context;
        _folder = folder;
        Host = host;
        Store = store;
    }

    public Pop3Host Host { get; }

    /// <summary>The folder of the users' Maildirs.</summary>
    public string Maildrops => _folder.FullName;

    /// <summary>The host's store. No other scenario or program uses it.</summary>
    public LockStoreOption Store { get; }

    /// <summary>Is cancelled when all scenarios must have ended.</summary>
    public CancellationToken End => _context.End;

    public TimeProvider Time { get; } = TimeProvider.System;

    /// <param name="context">The context.</param>
    /// <param name="configure">Changes the host's settings.</param>
    public static async Task<ScenarioHost> StartAsync(ScenarioContext context, Func<Pop3HostOptions, Pop3HostOptions> configure)
    {
        var end = context.End;
        var folder = Directory.CreateTempSubdirectory("maildrops-");
        var store = context.Store.ForScenario();
        try
        {
            var maildir = folder.CreateSubdirectory(User);
            maildir.CreateSubdirectory("cur");
            maildir.CreateSubdirectory("tmp");
            var arrivals = maildir.CreateSubdirectory("new");
            await File.WriteAllTextAsync(Path.Combine(arrivals.FullName, "1700000001.1.host"), Message("Lunch?"), end);
            await File.WriteAllTextAsync(Path.Combine(arrivals.FullName, "1700000002.2.host"), Message("You won a prize"), end);
            var host = await Pop3Host.StartAsync(configure(new() { Maildrops = folder.FullName, Store = store }), end);
            return new(context, folder, host, store);
        }
        catch
        {
            folder.Delete(recursive: true);
            throw;
        }
    }

    public MailClient NewClient(string name) => new(name, this);

    public void Report(string actor, string what) => _context.Timeline.Report(actor, what);

    /// <summary>The number of message files.</summary>
    public int CountMessages() => Directory.GetFiles(Path.Combine(Maildrops, User, "new")).Length;

    public Task PauseAsync(double seconds) => Task.Delay(TimeSpan.FromSeconds(seconds), Time, End);

    /// <summary>Fails the scenario if a condition does not hold.</summary>
    public static void Expect([DoesNotReturnIf(false)] bool isSo, [CallerArgumentExpression(nameof(isSo))] string what = "")
    {
        if (!isSo)
        {
            throw new ScenarioFailedException($"this should hold: {what}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        _folder.Delete(recursive: true);
        Store.DeleteScenario();
    }

    private static string Message(string subject) => $"From: bob@example.org\nTo: {User}@example.org\nSubject: {subject}\n\nAs I said.\n";
}

/// <summary>A scenario did not end as it should.</summary>
internal sealed class ScenarioFailedException(string message) : Exception(message);
