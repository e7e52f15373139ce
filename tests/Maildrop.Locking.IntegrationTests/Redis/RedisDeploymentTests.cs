using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using StackExchange.Redis;

namespace Maildrop.Locking.Tests.Redis;

/// <summary>The ways to a server that operators use. The contract runs on the plain one; here each is shown to work.</summary>
public sealed class RedisDeploymentTests : RedisServerTests
{
    private readonly TemporaryDirectory _directory = new();
    private int _tlsPort;

    private string SocketPath => Path.Combine(_directory.Path, "redis.sock");

    private protected override Task<RedisServer> FindServerAsync()
    {
        Directory.CreateDirectory(_directory.Path);
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var (certificatePath, keyPath) = (Path.Combine(_directory.Path, "redis.crt"), Path.Combine(_directory.Path, "redis.key"));
        File.WriteAllText(certificatePath, certificate.ExportCertificatePem());
        File.WriteAllText(keyPath, key.ExportPkcs8PrivateKeyPem());
        _tlsPort = RedisServer.FindPort();
        return RedisServer.StartAsync(
            "--unixsocket", SocketPath, "--tls-port", $"{_tlsPort}", "--tls-cert-file", certificatePath, "--tls-key-file", keyPath, "--tls-ca-cert-file", certificatePath, "--tls-auth-clients", "no");
    }

    [Theory]
    [InlineData("TLS")]
    [InlineData("Unix socket")]
    [InlineData("RESP2")]
    [InlineData("RESP3")]
    [InlineData("another database")]
    public async Task Leases_waits_revocations_and_lists_work(string way)
    {
        var configuration = Server.LeastConfiguration;
        switch (way)
        {
            case "TLS":
                configuration.EndPoints.Clear();
                configuration.EndPoints.Add(new DnsEndPoint("localhost", _tlsPort));
                configuration.Ssl = true;
                configuration.TrustIssuer(Path.Combine(_directory.Path, "redis.crt"));
                break;
            case "Unix socket":
                configuration.EndPoints.Clear();
                configuration.EndPoints.Add(new UnixDomainSocketEndPoint(SocketPath));
                break;
            case "another database":
                await Database.ExecuteAsync("ACL", "SETUSER", "mail", "+select");
                configuration.DefaultDatabase = 3;
                break;
            default:
                configuration.Protocol = way == "RESP3" ? RedisProtocol.Resp3 : RedisProtocol.Resp2;
                break;
        }

        var hosts = new[] { CreateHost(TimeSpan.FromSeconds(2), configuration), CreateHost(TimeSpan.FromSeconds(2), configuration) };
        var lease = await GrantedAsync(hosts[0], "alice");
        for (var i = 1; i < 10; i++)
        {
            var waiting = hosts[i % 2].AcquireAsync("alice", new() { Wait = TimeSpan.FromMinutes(1) }, Cancel).AsTask();
            await Task.Delay(50, Cancel);
            await lease.ReleaseAsync(Cancel);
            lease = await waiting;
            Assert.True(lease.IsHeld);
        }

        await Task.Delay(TimeSpan.FromSeconds(3), Cancel);
        Assert.True(lease.IsHeld);
        var listed = new List<long>();
        await foreach (var holder in hosts[0].ListHoldersAsync(Cancel))
        {
            listed.Add(holder.FencingToken);
        }

        Assert.Equal([lease.FencingToken], listed);
        var lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lease.LostToken.Register(lost.SetResult);
        Assert.True(await hosts[0].RevokeAsync("alice", lease.FencingToken, Cancel));
        await lost.Task.WaitAsync(TimeSpan.FromSeconds(10), Cancel);
        Assert.Equal(MaildropLeaseLoss.Revoked, lease.Loss);
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (Server is not null)
        {
            await Server.DisposeAsync();
        }

        _directory.Dispose();
        GC.SuppressFinalize(this);
    }
}
