namespace Maildrop.Locking.SampleHost.Scenarios;

/// <summary>The second cause: mail is fetched again and again within minutes.</summary>
internal static class FetchedAgain
{
    private static readonly TimeSpan LoginDelay = TimeSpan.FromSeconds(3);

    public static async Task PlayAsync(ScenarioContext context)
    {
        context.Timeline.Begin("2. Mail is fetched again within minutes", """
            A client polls every few seconds. Elsewhere it is refused with a text that nobody understands. Here the server says
            beforehand what it asks for (LOGIN-DELAY, RFC 2449; 3 s in this scenario), and a refusal says how long it lasts.
            """);
        await using var host = await ScenarioHost.StartAsync(context, options => options with { LoginDelay = LoginDelay });
        using (var client = host.NewClient("eager client"))
        {
            ScenarioHost.Expect((await client.LogInAsync()).IsLetIn);
            ScenarioHost.Expect(client.LoginDelay == LoginDelay, "CAPA announces LOGIN-DELAY");
            host.Report("server", $"has announced LOGIN-DELAY {client.LoginDelay.TotalSeconds}");
            await client.FetchAsync();
            await client.QuitAsync();
        }

        Login refusal;
        using (var client = host.NewClient("eager client"))
        {
            refusal = await client.LogInAsync("logs in again", refusedAs: "[LOGIN-DELAY]");
            ScenarioHost.Expect(!refusal.IsLetIn);
        }

        host.Report("eager client", "waits for as long as it was told");
        await host.PauseAsync(refusal.RetryAfter!.Value.TotalSeconds);
        using (var client = host.NewClient("eager client"))
        {
            ScenarioHost.Expect((await client.LogInAsync("logs in again")).IsLetIn);
            await client.FetchAsync();
            await client.QuitAsync();
        }

        context.Timeline.Conclude("Refused with a code that clients understand and with the rest of the delay, and let in after it.");
    }
}
