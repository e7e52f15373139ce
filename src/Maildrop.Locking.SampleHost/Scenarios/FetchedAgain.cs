namespace Maildrop.Locking.SampleHost.Scenarios;

/// <summary>The second cause: mail is fetched again and again within minutes.</summary>
internal static class FetchedAgain
{
    private static readonly TimeSpan LoginDelay = TimeSpan.FromSeconds(3);

    public static async Task PlayAsync(Theatre theatre)
    {
        theatre.Timeline.Begin("2. Mail is fetched again within minutes", """
            A client polls every few seconds. Elsewhere it is refused with a text that nobody understands. Here the server says
            beforehand what it asks for (LOGIN-DELAY, RFC 2449; 3 s in this scenario), and a refusal says how long it lasts.
            """);
        await using var stage = await Stage.SetAsync(theatre, host => host with { LoginDelay = LoginDelay });
        using (var client = stage.NewClient("eager client"))
        {
            Stage.Expect((await client.LogInAsync()).IsLetIn);
            Stage.Expect(client.LoginDelay == LoginDelay, "CAPA announces LOGIN-DELAY");
            stage.Tell("server", $"has announced LOGIN-DELAY {client.LoginDelay.TotalSeconds}");
            await client.FetchAsync();
            await client.QuitAsync();
        }

        Login refusal;
        using (var client = stage.NewClient("eager client"))
        {
            refusal = await client.LogInAsync("logs in again", refusedAs: "[LOGIN-DELAY]");
            Stage.Expect(!refusal.IsLetIn);
        }

        stage.Tell("eager client", "waits for as long as it was told");
        await stage.PauseAsync(refusal.RetryAfter!.Value.TotalSeconds);
        using (var client = stage.NewClient("eager client"))
        {
            Stage.Expect((await client.LogInAsync("logs in again")).IsLetIn);
            await client.FetchAsync();
            await client.QuitAsync();
        }

        theatre.Timeline.Conclude("Refused with a code that clients understand and with the rest of the delay, and let in after it.");
    }
}
