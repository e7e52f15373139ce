using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Maildrop.Locking.SampleHost.Hosting;

namespace Maildrop.Locking.SampleHost.Scenarios;

/// <summary>What a scenario plays on: a host of its own with alice's maildrop, which holds two messages.</summary>
internal sealed class Stage : IAsyncDisposable
{
    public const string User = "alice";

    private readonly DirectoryInfo _folder;

    private Stage(DirectoryInfo folder, Pop3Host host, Timeline timeline, CancellationToken end)
    {
        _folder = folder;
        Host = host;
        Timeline = timeline;
        End = end;
    }

    public Pop3Host Host { get; }

    /// <summary>Where the users' Maildirs are.</summary>
    public string Maildrops => _folder.FullName;

    public Timeline Timeline { get; }

    /// <summary>When all scenarios have to be over.</summary>
    public CancellationToken End { get; }

    public TimeProvider Time { get; } = TimeProvider.System;

    public static async Task<Stage> SetAsync(Timeline timeline, TimeSpan idleTimeout, TimeSpan loginWait, CancellationToken end, Store? store = null)
    {
        var folder = Directory.CreateTempSubdirectory("maildrops-");
        try
        {
            var maildir = folder.CreateSubdirectory(User);
            maildir.CreateSubdirectory("cur");
            maildir.CreateSubdirectory("tmp");
            var arrivals = maildir.CreateSubdirectory("new");
            await File.WriteAllTextAsync(Path.Combine(arrivals.FullName, "1700000001.1.host"), Message("Lunch?"), end);
            await File.WriteAllTextAsync(Path.Combine(arrivals.FullName, "1700000002.2.host"), Message("You won a prize"), end);
            var host = await Pop3Host.StartAsync(new() { Maildrops = folder.FullName, IdleTimeout = idleTimeout, LoginWait = loginWait, Store = store ?? Store.Memory }, end);
            return new(folder, host, timeline, end);
        }
        catch
        {
            folder.Delete(recursive: true);
            throw;
        }
    }

    public MailClient NewClient(string name) => new(name, this);

    public void Tell(string actor, string what) => Timeline.Tell(actor, what);

    public Task PauseAsync(double seconds) => Task.Delay(TimeSpan.FromSeconds(seconds), Time, End);

    /// <summary>Fails the scenario where it did not go as it should.</summary>
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
    }

    private static string Message(string subject) => $"From: bob@example.org\nTo: {User}@example.org\nSubject: {subject}\n\nAs I said.\n";
}

/// <summary>A scenario did not end as it should.</summary>
internal sealed class ScenarioFailedException(string message) : Exception(message);
