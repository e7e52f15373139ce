using System.ComponentModel;
using System.Diagnostics;

namespace Maildrop.Locking.Tests.SampleHost;

/// <summary>Clients that are not .NET.</summary>
public sealed class Pop3ForeignClientTests
{
    private static readonly string Poplib = """
        import poplib, sys
        client = poplib.POP3('127.0.0.1', int(sys.argv[1]), timeout=20)
        client.user('alice'); client.pass_('alice')
        print(client.stat()[0], client.list()[1][0].decode().split()[0], client.uidl()[1][0].decode())
        print(b'\n'.join(client.retr(1)[1]).decode())
        client.quit()
        """.ReplaceLineEndings("\n");

    [Fact]
    public async Task Curl_lists_and_fetches()
    {
        await using var host = await Pop3HostFixture.StartAsync(Pop3HostFixture.Message("hello", ".dot\r\n"));
        var list = await RunAsync("curl", "-sS", "--max-time", "20", $"pop3://alice:alice@127.0.0.1:{host.EndPoint.Port}/");
        Assert.StartsWith("1 ", list);
        var message = await RunAsync("curl", "-sS", "--max-time", "20", $"pop3://alice:alice@127.0.0.1:{host.EndPoint.Port}/1");
        Assert.Equal(Pop3HostFixture.Message("hello", ".dot\r\n"), message);
    }

    [Fact]
    public async Task Python_lists_and_fetches()
    {
        await using var host = await Pop3HostFixture.StartAsync(Pop3HostFixture.Message("hello"));
        var output = await RunAsync("python3", "-c", Poplib, $"{host.EndPoint.Port}");
        Assert.StartsWith("1 1 1 1", output);
        Assert.Contains("Subject: hello", output);
    }

    [Fact]
    public async Task Fetchmail_tells_a_busy_maildrop_from_a_bad_password_and_succeeds_later()
    {
        await using var host = await Pop3HostFixture.StartAsync(Pop3HostFixture.Message("hello"));
        using var folder = new TemporaryDirectory();
        Directory.CreateDirectory(folder.Path);
        var go = Path.Combine(folder.Path, "go");

        // The first hands its message to a program that waits, a while at most, and so it keeps the maildrop.
        var first = FetchmailAsync(folder.Path, host, "first", $"i=0; while [ ! -e {go} ] && [ $i -lt 600 ]; do sleep 0.05; i=$((i+1)); done; cat > {folder.Path}/mail");
        while ((await host.Locks.GetHoldersAsync("alice", TestContext.Current.CancellationToken)).Count == 0 && !first.IsCompleted)
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        // 9 is fetchmail's PS_LOCKBUSY; 3 would be a password that is wrong.
        var second = await FetchmailAsync(folder.Path, host, "second", "cat > /dev/null");
        Assert.True(second.ExitCode == 9, $"{second.ExitCode}: {second.Output}");
        Assert.Contains("lock busy", second.Output, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("uthorization", second.Output, StringComparison.Ordinal);
        await File.WriteAllTextAsync(go, "", TestContext.Current.CancellationToken);
        var ended = await first;
        Assert.True(ended.ExitCode == 0, $"{ended.ExitCode}: {ended.Output}");
        Assert.Contains("Subject: hello", await File.ReadAllTextAsync(Path.Combine(folder.Path, "mail"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        host.AddUser("alice", Pop3HostFixture.Message("again"));
        var later = await FetchmailAsync(folder.Path, host, "second", $"cat > {folder.Path}/later");
        Assert.True(later.ExitCode == 0, $"{later.ExitCode}: {later.Output}");
        Assert.Contains("Subject: again", await File.ReadAllTextAsync(Path.Combine(folder.Path, "later"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mpop_is_told_that_it_comes_too_often()
    {
        await using var host = await Pop3HostFixture.StartAsync(it => it with { LoginDelay = TimeSpan.FromMinutes(15) }, Pop3HostFixture.Message("hello"));
        using var folder = new TemporaryDirectory();
        Directory.CreateDirectory(folder.Path);
        string[] arguments =
        [
            "--host=127.0.0.1", $"--port={host.EndPoint.Port}", "--user=alice", "--passwordeval=echo alice", "--tls=off", "--auth=user", "--keep=on",
            $"--delivery=mbox,{folder.Path}/mbox", $"--uidls-file={folder.Path}/uidls",
        ];
        var first = await EndAsync("mpop", arguments);
        Assert.True(first.ExitCode == 0, first.Output);
        var second = await EndAsync("mpop", arguments);
        Assert.NotEqual(0, second.ExitCode);
        Assert.Contains("-ERR [LOGIN-DELAY] maildrop was opened a short time ago, try again in 900 seconds", second.Output, StringComparison.Ordinal);
        host.Time.Advance(TimeSpan.FromMinutes(15));
        var third = await EndAsync("mpop", arguments);
        Assert.True(third.ExitCode == 0, third.Output);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Fetchmail_works_as_it_comes_when_it_trusts_the_certificate(bool tlsPort)
    {
        await using var host = await StartWithTlsAsync();
        using var folder = new TemporaryDirectory();
        Directory.CreateDirectory(folder.Path);
        var settings = await WriteSettingsAsync(folder.Path, "rc", $"""
            poll 127.0.0.1 service {(tlsPort ? host.Host.TlsEndPoint : host.EndPoint)!.Port} protocol POP3 username "alice" password "alice" {(tlsPort ? "ssl " : "")}sslcertfile "{await WriteCertificateAsync(host, folder)}" mda "cat > {folder.Path}/mail"
            """);
        var ended = await EndAsync("fetchmail", ["-f", settings, "--pidfile", Path.Combine(folder.Path, "pid"), "--nosyslog", "-v"], ("FETCHMAILHOME", folder.Path));
        Assert.True(ended.ExitCode == 0, $"{ended.ExitCode}: {ended.Output}");
        Assert.Contains("Subject: hello", await File.ReadAllTextAsync(Path.Combine(folder.Path, "mail"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Empty(host.Files());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Mpop_works_as_it_comes_when_it_trusts_the_certificate(bool tlsPort)
    {
        await using var host = await StartWithTlsAsync();
        using var folder = new TemporaryDirectory();
        Directory.CreateDirectory(folder.Path);
        var ended = await EndAsync("mpop",
        [
            "--host=localhost", $"--port={(tlsPort ? host.Host.TlsEndPoint : host.EndPoint)!.Port}", "--user=alice", "--passwordeval=echo alice", "--tls=on", $"--tls-starttls={(tlsPort ? "off" : "on")}",
            $"--tls-trust-file={await WriteCertificateAsync(host, folder)}", $"--delivery=mbox,{folder.Path}/mbox", $"--uidls-file={folder.Path}/uidls", "--keep=off",
        ]);
        Assert.True(ended.ExitCode == 0, $"{ended.ExitCode}: {ended.Output}");
        Assert.Contains("Subject: hello", await File.ReadAllTextAsync(Path.Combine(folder.Path, "mbox"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Empty(host.Files());
    }

    [Fact]
    public async Task Curl_logs_in_encrypted()
    {
        await using var host = await StartWithTlsAsync();
        using var folder = new TemporaryDirectory();
        Directory.CreateDirectory(folder.Path);
        var certificate = await WriteCertificateAsync(host, folder);
        Assert.StartsWith("1 ", await RunAsync("curl", "-sS", "--max-time", "20", "--ssl-reqd", "--cacert", certificate, $"pop3://alice:alice@localhost:{host.EndPoint.Port}/"));
        Assert.StartsWith("1 ", await RunAsync("curl", "-sS", "--max-time", "20", "--sasl-ir", "--cacert", certificate, $"pop3s://alice:alice@localhost:{host.Host.TlsEndPoint!.Port}/"));
    }

    private static Task<Pop3HostFixture> StartWithTlsAsync() => Pop3HostFixture.StartAsync(it => it with { TlsPort = 0 }, Pop3HostFixture.Message("hello"));

    private static async Task<string> WriteCertificateAsync(Pop3HostFixture host, TemporaryDirectory folder)
    {
        var path = Path.Combine(folder.Path, "certificate.pem");
        await File.WriteAllTextAsync(path, host.Host.Certificate.ExportCertificatePem() + "\n", TestContext.Current.CancellationToken);
        return path;
    }

    /// <summary>Writes fetchmail's settings, which only their owner may read.</summary>
    private static async Task<string> WriteSettingsAsync(string folder, string name, string settings)
    {
        var path = Path.Combine(folder, name);
        await File.WriteAllTextAsync(path, settings.ReplaceLineEndings("\n") + "\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        return path;
    }

    private static async Task<(int ExitCode, string Output)> FetchmailAsync(string folder, Pop3HostFixture host, string name, string deliver)
    {
        var settings = await WriteSettingsAsync(folder, name + ".rc", $"""
            poll 127.0.0.1 service {host.EndPoint.Port} protocol POP3 auth password username "alice" password "alice" sslproto "" mda "{deliver}"
            """);

        // A folder of its own for each, as two machines have.
        return await EndAsync("fetchmail", ["-f", settings, "--pidfile", Path.Combine(folder, name + ".pid"), "--nosyslog", "-v"], ("FETCHMAILHOME", Directory.CreateDirectory(Path.Combine(folder, name)).FullName));
    }

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        var (exitCode, output) = await EndAsync(program, arguments);
        Assert.True(exitCode == 0, $"{program} ended with {exitCode}: {output}");
        return output;
    }

    /// <summary>Runs a program to its end; what it said, errors last.</summary>
    private static async Task<(int ExitCode, string Output)> EndAsync(string program, string[] arguments, params (string Name, string Value)[] environment)
    {
        var cancel = TestContext.Current.CancellationToken;
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        Process? process = null;
        try
        {
            process = Process.Start(start);
        }
        catch (Win32Exception)
        {
            Assert.Skip($"{program} is not installed.");
        }

        using (process!)
        {
            try
            {
                var error = process!.StandardError.ReadToEndAsync(cancel);
                var output = await process.StandardOutput.ReadToEndAsync(cancel).WaitAsync(RawPop3.Patience * 2, cancel);
                await process.WaitForExitAsync(cancel);
                return (process.ExitCode, output + await error);
            }
            finally
            {
                if (!process!.HasExited)
                {
                    process.Kill(entireProcessTree: true);
                }
            }
        }
    }
}
