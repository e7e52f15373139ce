using System.Diagnostics;
using System.Globalization;

namespace Maildrop.Locking.Tests.SampleHost;

/// <summary>How long a login takes. Alone, since it is measured.</summary>
[Collection(Alone.Name)]
public sealed class Pop3LargeMaildropTests
{
    private const int Count = 50_000;

    [Theory]
    [InlineData(",S=14,W=17", 17, 0)]
    [InlineData("", 0, 1)]
    public async Task A_maildrop_of_50_000_messages_that_did_not_change_opens_in_well_under_a_second(string fields, int octets, int loginsBefore)
    {
        await using var host = await Pop3HostFixture.StartLargeAsync();
        for (var i = 0; i < Count; i++)
        {
            File.Create(Path.Combine(host.Maildir, "cur", string.Create(CultureInfo.InvariantCulture, $"1700000000.M{i:d6}P1.host{fields}:2,S"))).Dispose();
        }

        for (var login = 0; login < loginsBefore; login++)
        {
            using var before = await host.RawLoggedInAsync();
            await before.AskAsync("QUIT");
        }

        var best = TimeSpan.MaxValue;
        for (var login = 0; login < 3; login++)
        {
            using var raw = await host.RawAsync();
            await raw.AskAsync("USER alice");
            var begun = Stopwatch.GetTimestamp();
            Assert.StartsWith("+OK", await raw.AskAsync("PASS alice"));
            best = Stopwatch.GetElapsedTime(begun) is var took && took < best ? took : best;
            Assert.Equal($"+OK {Count} {Count * octets}", await raw.AskAsync("STAT"));
            await raw.AskAsync("QUIT");
        }

        TestContext.Current.SendDiagnosticMessage($"{Count} messages '{fields}': {best.TotalMilliseconds:0} ms");
        Assert.True(best < TimeSpan.FromSeconds(0.8), $"It took {best.TotalMilliseconds:0} ms.");
    }
}
