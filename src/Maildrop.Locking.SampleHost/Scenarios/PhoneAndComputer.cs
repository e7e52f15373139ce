namespace Maildrop.Locking.SampleHost.Scenarios;

/// <summary>The fourth cause: a phone and a computer poll the same mailbox.</summary>
internal static class PhoneAndComputer
{
    public static async Task PlayAsync(ScenarioContext context)
    {
        context.Timeline.Begin("4. A phone and the home computer poll the same mailbox", """
            POP3 is for one session at a time, so the second one waits its turn; IMAP sessions share the maildrop with one another.
            """);
        await using var host = await ScenarioHost.StartAsync(context, options => options with { LoginWait = TimeSpan.FromSeconds(2) });
        await PollTogetherAsync(host);
        await ShareAsync(host);
        context.Timeline.Conclude("""
            The computer got its mail in the same poll instead of an error; the IMAP sessions shared the maildrop, and POP3 came in
                 when the last of them had left.
            """);
    }

    private static async Task PollTogetherAsync(ScenarioHost host)
    {
        using var phone = host.NewClient("phone");
        using var computer = host.NewClient("computer");
        ScenarioHost.Expect((await phone.LogInAsync("polls")).IsLetIn);
        var waiting = computer.LogInAsync("polls too, and may wait");
        await host.PauseAsync(0.3);
        await phone.FetchAsync();
        ScenarioHost.Expect(!waiting.IsCompleted, "one at a time");
        await phone.QuitAsync();
        ScenarioHost.Expect((await waiting).IsLetIn);
        await computer.FetchAsync();
        await computer.QuitAsync();
    }

    /// <summary>This host speaks POP3 only, so the IMAP sessions call the library directly.</summary>
    private static async Task ShareAsync(ScenarioHost host)
    {
        var locks = host.Host.Locks;
        var phone = await SelectAsync("phone");
        var computer = await SelectAsync("computer");
        using var fetcher = host.NewClient("POP3 fetcher");
        var login = fetcher.LogInAsync("logs in, and may wait");
        await host.PauseAsync(0.3);
        ScenarioHost.Expect(!login.IsCompleted, "POP3 waits for both IMAP sessions");
        await LogOutAsync("phone", phone);
        await host.PauseAsync(0.2);
        ScenarioHost.Expect(!login.IsCompleted, "POP3 waits for both IMAP sessions");
        await LogOutAsync("computer", computer);
        ScenarioHost.Expect((await login).IsLetIn);
        await fetcher.QuitAsync();

        async Task<MaildropLease> SelectAsync(string device)
        {
            var lease = await locks.AcquireAsync(ScenarioHost.User, new() { Access = MaildropAccess.Shared, Session = new("IMAP", device) }, host.End);
            ScenarioHost.Expect(lease.IsHeld);
            host.Report($"{device} (IMAP)", "SELECT INBOX: a shared lease, asked of the library directly");
            return lease;
        }

        async Task LogOutAsync(string device, MaildropLease lease)
        {
            host.Report($"{device} (IMAP)", "LOGOUT: the shared lease is released");
            await lease.DisposeAsync();
        }
    }
}
