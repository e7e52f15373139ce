namespace Maildrop.Locking.SampleHost.Scenarios;

/// <summary>The fourth cause: a phone and a computer poll the same mailbox.</summary>
internal static class PhoneAndComputer
{
    public static async Task PlayAsync(Theatre theatre)
    {
        theatre.Timeline.Begin("4. A phone and the home computer poll the same mailbox", """
            POP3 is for one at a time, so who comes second waits its turn; IMAP sessions share the maildrop with one another.
            """);
        await using var stage = await Stage.SetAsync(theatre, host => host with { LoginWait = TimeSpan.FromSeconds(2) });
        await PollTogetherAsync(stage);
        await ShareAsync(stage);
        theatre.Timeline.Conclude("""
            The computer got its mail in the same poll instead of an error; the IMAP sessions shared the maildrop, and POP3 came in
                 when the last of them had left.
            """);
    }

    private static async Task PollTogetherAsync(Stage stage)
    {
        using var phone = stage.NewClient("phone");
        using var computer = stage.NewClient("computer");
        Stage.Expect((await phone.LogInAsync("polls")).IsLetIn);
        var waiting = computer.LogInAsync("polls too, and may wait");
        await stage.PauseAsync(0.3);
        await phone.FetchAsync();
        Stage.Expect(!waiting.IsCompleted, "one at a time");
        await phone.QuitAsync();
        Stage.Expect((await waiting).IsLetIn);
        await computer.FetchAsync();
        await computer.QuitAsync();
    }

    /// <summary>This host speaks POP3 only, so what an IMAP server would do is done with the library itself.</summary>
    private static async Task ShareAsync(Stage stage)
    {
        var locks = stage.Host.Locks;
        var phone = await SelectAsync("phone");
        var computer = await SelectAsync("computer");
        using var fetcher = stage.NewClient("POP3 fetcher");
        var login = fetcher.LogInAsync("logs in, and may wait");
        await stage.PauseAsync(0.3);
        Stage.Expect(!login.IsCompleted, "POP3 waits for both IMAP sessions");
        await LogOutAsync("phone", phone);
        await stage.PauseAsync(0.2);
        Stage.Expect(!login.IsCompleted, "POP3 waits for both IMAP sessions");
        await LogOutAsync("computer", computer);
        Stage.Expect((await login).IsLetIn);
        await fetcher.QuitAsync();

        async Task<MaildropLease> SelectAsync(string who)
        {
            var lease = await locks.AcquireAsync(Stage.User, new() { Access = MaildropAccess.Shared, Session = new("IMAP", who) }, stage.End);
            Stage.Expect(lease.IsHeld);
            stage.Tell($"{who} (IMAP)", "SELECT INBOX: a shared lease, asked of the library directly");
            return lease;
        }

        async Task LogOutAsync(string who, MaildropLease lease)
        {
            stage.Tell($"{who} (IMAP)", "LOGOUT: the shared lease is released");
            await lease.DisposeAsync();
        }
    }
}
