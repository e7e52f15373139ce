using System.Net;
using System.Net.Sockets;

namespace Maildrop.Locking.Tests.SampleHost;

/// <summary>The limits on connections.</summary>
public sealed class Pop3LimitTests
{
    private const string TooMany = "-ERR [SYS/TEMP] too many connections, try again later";

    [Fact]
    public async Task A_connection_too_many_is_told_so_and_one_that_ends_makes_room()
    {
        await using var host = await Pop3HostFixture.StartAsync(it => it with { MaxConnections = 2 });
        using var first = await host.RawAsync();
        using var second = await host.RawAsync();
        using (var third = await RawPop3.ConnectAsync(host.EndPoint))
        {
            Assert.Equal([TooMany], await third.ReadToEndAsync());
        }

        Assert.StartsWith("+OK", await first.AskAsync("QUIT"));
        Assert.Null(await first.ReadAsync());
        Assert.StartsWith("+OK", await GreetingAsync(host));
        Assert.StartsWith("+OK", await second.AskAsync("CAPA"));
    }

    [Fact]
    public async Task An_address_has_a_limit_of_its_own()
    {
        await using var host = await Pop3HostFixture.StartAsync(it => it with { MaxConnectionsPerAddress = 1 });
        using var first = await host.RawAsync();
        using var second = await RawPop3.ConnectAsync(host.EndPoint);
        Assert.Equal([TooMany], await second.ReadToEndAsync());
        try
        {
            using var elsewhere = await RawPop3.ConnectAsync(host.EndPoint, from: IPAddress.Parse("127.0.0.2"));
            Assert.StartsWith("+OK", await elsewhere.ReadAsync());
        }
        catch (SocketException ex) when (ex.SocketErrorCode == SocketError.AddressNotAvailable)
        {
            Assert.Skip("This system has one loopback address only.");
        }
    }

    /// <summary>The greeting of a new connection. The place of one that ended is free a moment after its client saw the end.</summary>
    private static async Task<string?> GreetingAsync(Pop3HostFixture host)
    {
        for (var tries = 0; ; tries++)
        {
            using var raw = await RawPop3.ConnectAsync(host.EndPoint);
            if (await raw.ReadAsync() is var greeting && (greeting != TooMany || tries == 100))
            {
                return greeting;
            }

            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }
}
