using System.Net;
using Garnet;
using Maildrop.Locking.Testing;
using StackExchange.Redis;

[assembly: AssemblyFixture(typeof(Maildrop.Locking.Tests.Redis.GarnetFixture))]

namespace Maildrop.Locking.Tests.Redis;

/// <summary>One Garnet in this process for all tests.</summary>
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
