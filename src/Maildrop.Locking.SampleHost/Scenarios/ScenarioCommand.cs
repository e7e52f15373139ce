namespace Maildrop.Locking.SampleHost.Scenarios;

/// <summary>Plays all scenarios, one after the other.</summary>
internal static class ScenarioCommand
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    public static async Task<int> RunAsync(TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        var begun = time.GetTimestamp();
        using var tooLong = new CancellationTokenSource(Longest, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(tooLong.Token, cancellationToken);
        var timeline = new Timeline(output, time);
        timeline.Say("""
            Maildrop.Locking: ways to find a maildrop locked, played on loopback.
            Each scenario has a POP3 server and a maildrop of its own; leases are kept in memory, and in files in the last one.
            """);
        foreach (var play in new[] { DroppedConnection.PlayAsync, FetchedAgain.PlayAsync, SpamCheckerBeside.PlayAsync, (Play)PhoneAndComputer.PlayAsync, KilledHost.PlayAsync })
        {
            try
            {
                await play(timeline, end.Token);
            }
#pragma warning disable CA1031 // Whatever it was, the scenario did not end as it should.
            catch (Exception e)
#pragma warning restore CA1031
            {
                var fault = e is ScenarioFailedException ? e.Message
                    : tooLong.IsCancellationRequested ? $"it was not over after {Longest.TotalSeconds} s"
                    : e.ToString();
                await error.WriteLineAsync($"The scenario failed: {fault}");
                return 1;
            }
        }

        timeline.Say("");
        timeline.Say($"All five ended as they should, in {Timeline.Format(time.GetElapsedTime(begun))}. With mail of your own: serve --port 1110 --maildrops FOLDER");
        return 0;
    }

    private delegate Task Play(Timeline timeline, CancellationToken end);
}
