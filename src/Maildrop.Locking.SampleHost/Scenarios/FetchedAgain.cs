namespace Maildrop.Locking.SampleHost.Scenarios;

/// <summary>The second cause: mail is fetched again and again within minutes.</summary>
internal static class FetchedAgain
{
    public static async Task PlayAsync(Timeline timeline, CancellationToken end)
    {
        timeline.Begin("2. Mail is fetched again within minutes", """
            A client polls every few seconds. Elsewhere it is refused with a text that nobody understands.
            """);
        await using var stage = await Stage.SetAsync(timeline, TimeSpan.FromMinutes(10), loginWait: TimeSpan.Zero, end);
        for (var round = 1; round <= 2; round++)
        {
            using var client = stage.NewClient("eager client");
            var login = await client.LogInAsync(round == 1 ? "logs in" : "logs in again");
            Stage.Expect(login.IsLetIn);
            await client.FetchAsync();
            await client.QuitAsync();
        }

        timeline.Conclude("""
            Let in at once: QUIT frees the maildrop, so nothing is left to refuse a second login. Still to come (its own issue):
                 LOGIN-DELAY of RFC 2449, announced by CAPA and enforced, for hosts that want fewer logins.
            """);
    }
}
