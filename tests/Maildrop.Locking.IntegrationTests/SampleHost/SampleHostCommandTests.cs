using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Maildrop.Locking.SampleHost.Hosting;

namespace Maildrop.Locking.Tests.SampleHost;

/// <summary>The sample host's command line.</summary>
public sealed class SampleHostCommandTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_arguments_all_scenarios_are_played_and_end_as_they_should()
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await Locking.SampleHost.CommandLine.RunAsync([], TextWriter.Synchronized(output), error, Cancel);
        Assert.True(code == 0, $"{output}\n{error}");
        Assert.Contains("All five ended as they should", output.ToString());
    }

    [Theory]
    [InlineData("There is no command 'play'.", "play")]
    [InlineData("--port is missing.", "serve", "--maildrops", ".")]
    [InlineData("--maildrops is missing.", "serve", "--port", "0")]
    [InlineData("--port is a number", "serve", "--port", "65536", "--maildrops", ".")]
    [InlineData("--port is a number", "serve", "--port", "-1", "--maildrops", ".")]
    [InlineData("--port is given twice.", "serve", "--port", "0", "--port", "0")]
    [InlineData("There is no folder", "serve", "--port", "0", "--maildrops", "/there/is/none")]
    [InlineData("--bind is an IP address", "serve", "--port", "0", "--maildrops", ".", "--bind", "somewhere")]
    [InlineData("--idle-timeout is a number of seconds", "serve", "--port", "0", "--maildrops", ".", "--idle-timeout", "0")]
    [InlineData("--wait is a number of seconds", "serve", "--port", "0", "--maildrops", ".", "--wait", "3601")]
    [InlineData("--store is memory, files:FOLDER, or redis:HOST:PORT", "serve", "--port", "0", "--maildrops", ".", "--store", "tape:1")]
    [InlineData("--access is exclusive or single", "serve", "--port", "0", "--maildrops", ".", "--access", "shared")]
    [InlineData("--connections is a number from 1 on", "serve", "--port", "0", "--maildrops", ".", "--connections", "0")]
    [InlineData("--tls-port is a number", "serve", "--port", "0", "--maildrops", ".", "--tls-port", "x")]
    [InlineData("--certificate is a PEM file", "serve", "--port", "0", "--maildrops", ".", "--certificate", "/there/is/none")]
    [InlineData("--password takes a value.", "serve", "--port", "0", "--maildrops", ".", "--password")]
    [InlineData("There is no option '--colour'.", "serve", "--colour", "red")]
    public async Task Arguments_that_make_no_sense_are_named_and_the_usage_is_shown(string fault, params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        Assert.Equal(2, await Locking.SampleHost.CommandLine.RunAsync(arguments, output, error, Cancel));
        Assert.StartsWith(fault, error.ToString());
        Assert.Contains(ServeArguments.Usage, error.ToString());
        Assert.Empty(output.ToString());
    }

    [Fact]
    public void Unless_told_otherwise_a_login_waits_five_seconds_and_asks_for_exclusive_access()
    {
        var options = ServeArguments.Parse(["--port", "0", "--maildrops", "."]).Options!;
        Assert.Equal((TimeSpan.FromSeconds(5), MaildropAccess.Exclusive, MaildropTakeover.WhenIdle), (options.LoginWait, options.Access, options.Takeover));
    }

    [Fact]
    public async Task Its_certificate_is_written_for_clients_and_one_of_the_operators_own_is_used()
    {
        using var folder = new TemporaryDirectory();
        Directory.CreateDirectory(folder.Path);
        var (own, written) = (Path.Combine(folder.Path, "own.pem"), Path.Combine(folder.Path, "written.pem"));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = new CertificateRequest("CN=mail.example.org", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        await File.WriteAllTextAsync(own, certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem(), Cancel);
        using var end = new CancellationTokenSource();
        var serving = Locking.SampleHost.CommandLine.RunAsync(
            ["serve", "--port", "0", "--maildrops", folder.Path, "--certificate", own, "--certificate-out", written], TextWriter.Null, TextWriter.Null, end.Token);
        while (!File.Exists(written) && !serving.IsCompleted)
        {
            await Task.Delay(10, Cancel);
        }

        await end.CancelAsync();
        Assert.Equal(0, await serving);
        using var read = X509Certificate2.CreateFromPem(await File.ReadAllTextAsync(written, Cancel));
        Assert.Equal(certificate.Thumbprint, read.Thumbprint);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_told()
    {
        await using var host = await Pop3HostFixture.StartAsync();
        using var output = new StringWriter();
        using var error = new StringWriter();
        Assert.Equal(1, await Locking.SampleHost.CommandLine.RunAsync(["serve", "--port", $"{host.EndPoint.Port}", "--maildrops", host.Root], output, error, Cancel));
        Assert.Contains("cannot be listened on", error.ToString());
    }

    [Fact]
    public async Task A_certificate_that_cannot_be_written_is_told_at_start()
    {
        using var error = new StringWriter();
        Assert.Equal(1, await Locking.SampleHost.CommandLine.RunAsync(
            ["serve", "--port", "0", "--maildrops", ".", "--certificate-out", "/there/is/none/c.pem"], TextWriter.Null, error, Cancel));
        Assert.StartsWith("--certificate-out: ", error.ToString());
    }

    [Fact]
    public async Task A_store_that_will_not_do_is_told_of_at_start()
    {
        var file = Path.GetTempFileName();
        using var output = new StringWriter();
        using var error = new StringWriter();
        Assert.Equal(1, await Locking.SampleHost.CommandLine.RunAsync(["serve", "--port", "0", "--maildrops", ".", "--store", "files:" + file], output, error, Cancel));
        Assert.Contains(file, error.ToString());
        File.Delete(file);
    }

    [Fact]
    public async Task A_host_that_stops_does_not_wait_for_its_clients()
    {
        var host = await Pop3HostFixture.StartAsync();
        using var raw = await host.RawLoggedInAsync();
        var stop = host.DisposeAsync().AsTask();
        Assert.Null(await raw.ReadAsync());
        await stop.WaitAsync(RawPop3.Patience, Cancel);
    }
}
