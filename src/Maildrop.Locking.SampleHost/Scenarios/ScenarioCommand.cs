using Maildrop.Locking.SampleHost.Hosting;
using Microsoft.Extensions.Options;

namespace Maildrop.Locking.SampleHost.Scenarios;

/// <summary>Plays all scenarios, one after the other.</summary>
internal static class ScenarioCommand
{
    private static readonly TimeSpan MaxDuration = TimeSpan.FromSeconds(30);

    private static readonly Func<ScenarioContext, Task>[] Scenarios =
        [DroppedConnection.PlayAsync, FetchedAgain.PlayAsync, SpamCheckerBeside.PlayAsync, PhoneAndComputer.PlayAsync, KilledHost.PlayAsync];

    public static async Task<int> RunAsync(LockStoreOption store, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        var begun = time.GetTimestamp();
        using var tooLong = new CancellationTokenSource(MaxDuration, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(tooLong.Token, cancellationToken);
        var context = new ScenarioContext(new Timeline(output, time), store, end.Token);
        context.Timeline.Write($"""
            Maildrop.Locking: ways to find a maildrop locked, played on loopback.
            Each scenario has a POP3 server and a maildrop of its own; leases are kept in {store}{(store.Kind == "files" ? "" : ", and in files in the fifth one")}.
            """);
        foreach (var play in store.IsRedis ? [.. Scenarios, KilledHost.PlayOnRedisAsync] : Scenarios)
        {
            try
            {
                await play(context);
            }
            catch (Exception ex)
            {
                var fault = ex is ScenarioFailedException ? ex.Message
                    : tooLong.IsCancellationRequested ? $"it was not over after {MaxDuration.TotalSeconds} s"
                    : ex is MaildropStoreException or OptionsValidationException ? $"{store} cannot keep leases: {ex.Message}"
                    : ex.ToString();
                await error.WriteLineAsync($"The scenario failed: {fault}");
                return 1;
            }
        }

        context.Timeline.Write("");
        context.Timeline.Write($"""
            All {(store.IsRedis ? "six" : "five")} ended as they should, in {Timeline.Format(time.GetElapsedTime(begun))}. With mail of your own: serve --port 1110 --maildrops FOLDER
            """);
        return 0;
    }
}
