using System.Net;
using Garnet;
using Maildrop.Locking.Testing;
using StackExchange.Redis;

namespace Maildrop.Locking.Tests.Redis;

/// <summary>A Garnet in this process.</summary>
public sealed class GarnetFixture : IDisposable
{
    private readonly GarnetServer _server;

    public GarnetFixture()
    {
        var port = RedisServer.FindPort();
        _server = new GarnetServer(["--port", $"{port}", "--bind", "127.0.0.1", "--lua", "--lua-transaction-mode", "--logger-level", "None", "-q"]);
        _server.Start();
        Configuration = new ConfigurationOptions { EndPoints = { { IPAddress.Loopback, port } } };
    }

    public ConfigurationOptions Configuration { get; }

    public LockTestBackend CreateBackend() => new RedisBackend(Configuration, options => options.TrustGarnetTransactions = true);

    public void Dispose() => _server.Dispose();
}
