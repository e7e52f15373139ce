namespace Maildrop.Locking.Tests.SampleHost;

/// <summary>A client that takes a long reply slowly is not silent: what counts is what it took, not what the kernels have buffered.</summary>
public sealed class Pop3SlowReaderTests
{
    private const int MessageOctets = 3_000_000;
    private const int OctetsPerSecond = 30_000;
    private const int ReceiveBuffer = 16 * 1024;

    /// <summary>What may be on its way: the host's buffers, its kernel's and the client's, at the client's pace.</summary>
    private static readonly TimeSpan MaxSilence = TimeSpan.FromSeconds(8);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("RETR 1", false)]
    [InlineData("RETR 1", true)]
    [InlineData("TOP 1 1000000", false)]
    [InlineData("LIST", false)]
    [InlineData("UIDL", false)]
    public async Task A_long_reply_at_30_kilobytes_a_second_is_taken_to_its_end(string command, bool encrypted)
    {
        await using var host = await StartAsync(isList: !command.Contains('1', StringComparison.Ordinal));
        using var raw = await host.RawAsync(ReceiveBuffer);
        if (encrypted)
        {
            await raw.AskAsync("STLS");
            await raw.EncryptAsync(host.Host.Certificate);
        }

        await raw.AskAsync("USER alice");
        Assert.StartsWith("+OK", await raw.AskAsync("PASS alice"));
        await raw.SendAsync(command + "\r\n");
        var maxSilence = TimeSpan.Zero;
        for (var taken = 0; taken < 1_000_000; taken += OctetsPerSecond)
        {
            await raw.SkipAsync(OctetsPerSecond);
            host.Time.Advance(TimeSpan.FromSeconds(1));
            var silence = await SilenceAsync(host);
            for (var tries = 0; silence > MaxSilence && tries < 200; tries++)
            {
                // The host may not have had a processor yet.
                await Task.Delay(10, Cancel);
                silence = await SilenceAsync(host);
            }

            maxSilence = silence > maxSilence ? silence : maxSilence;
        }

        Assert.True(maxSilence <= MaxSilence, $"Silent for {maxSilence} in the middle of a reply.");
        while (await raw.ReadAsync() is { } line && line != ".")
        {
        }

        Assert.StartsWith("+OK", await raw.AskAsync("NOOP"));
    }

    [Theory]
    [InlineData("memory")]
    [InlineData("files")]
    [InlineData("redis")]
    public async Task Another_login_does_not_take_over_from_a_slow_reader(string kind)
    {
        using var store = await SampleStore.OpenAsync(kind);
        await using var host = await Pop3HostFixture.StartAsync(
            it => it with { Store = store.Store, Time = TimeProvider.System, TakeoverIdleTime = TimeSpan.FromSeconds(1.5) }, LongMessage(1_000_000));
        using var slow = await host.RawLoggedInAsync(receiveBuffer: ReceiveBuffer);
        await slow.SendAsync("RETR 1\r\n");

        // 250 KB a second, for three seconds.
        for (var i = 0; i < 30; i++)
        {
            await slow.SkipAsync(25_000);
            await Task.Delay(100, Cancel);
            if (i % 10 == 9)
            {
                using var other = await host.RawAsync();
                await other.AskAsync("USER alice");
                Assert.StartsWith("-ERR [IN-USE]", await other.AskAsync("PASS alice"));
            }
        }

        while (await slow.ReadAsync() is { } line && line != ".")
        {
        }

        Assert.StartsWith("+OK", await slow.AskAsync("QUIT"));
    }

    private static async Task<TimeSpan> SilenceAsync(Pop3HostFixture host) =>
        host.Time.GetUtcNow() - Assert.Single(await host.Locks.GetHoldersAsync("alice", Cancel)).LastActivityAt;

    private static async Task<Pop3HostFixture> StartAsync(bool isList)
    {
        if (!isList)
        {
            return await Pop3HostFixture.StartAsync(LongMessage(MessageOctets));
        }

        var host = await Pop3HostFixture.StartLargeAsync();
        for (var i = 0; i < MessageOctets / 65; i++)
        {
            // A size of 18 digits makes long lines of LIST, too.
            File.Create(Path.Combine(host.Maildir, "new", $"{i:d8}.a-message-with-a-long-name,W={new string('1', 18)}")).Dispose();
        }

        return host;
    }

    private static string LongMessage(int octets) => Pop3HostFixture.Message("long", string.Concat(Enumerable.Repeat(new string('x', 98) + "\r\n", octets / 100)));
}
