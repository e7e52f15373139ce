using System.Net;
using Garnet;
using Maildrop.Locking.Redis;
using Maildrop.Locking.Testing;
using StackExchange.Redis;

[assembly: AssemblyFixture(typeof(Maildrop.Locking.Tests.Redis.GarnetFixture))]

namespace Maildrop.Locking.Tests.Redis;

/// <summary>One Garnet in this process for all tests.</summary>
public sealed class GarnetFixture : IAsyncLifetime
{
    private readonly GarnetServer _server;

    public GarnetFixture()
    {
        var port = RedisServer.FindPort();
        _server = new GarnetServer(["--port", $"{port}", "--bind", "127.0.0.1", "--lua", "--lua-transaction-mode", "--logger-level", "None", "-q"]);
        Configuration = new ConfigurationOptions { EndPoints = { { IPAddress.Loopback, port } } };
    }

    public ConfigurationOptions Configuration { get; }

    public LockTestBackend CreateBackend() => new RedisBackend(Configuration, options => options.TrustGarnetTransactions = true);

    public async ValueTask InitializeAsync()
    {
        _server.Start();

        // The first script of the process takes it seconds on a busy machine, more than a host of a short lease waits for.
        await using var host = new RedisMaildropLock(Configuration, new() { TrustGarnetTransactions = true });
        for (var tries = 0; tries < 20 && !(await host.AcquireAsync("first")).IsAcquired; tries++)
        {
        }
    }

    public ValueTask DisposeAsync()
    {
        _server.Dispose();
        return ValueTask.CompletedTask;
    }
}
