using System.Text.Json;
using Maildrop.Locking.Tests.Redis;

namespace Maildrop.Locking.OperatorTests.Cli;

[Collection(ToolFixture.Name)]
public sealed class DoctorTests(ToolFixture fixture)
{
    [Theory]
    [InlineData("files", "directory", "rights", "file system", "space", "files")]
    [InlineData("redis", "connection", "version", "memory", "persistence", "replication", "round trip", "clock")]
    public async Task Finds_a_sound_store_good(string kind, params string[] checks)
    {
        var host = fixture.HostOn(kind);
        using var alice = await host.LogInAsync("alice");

        var result = await ToolProcess.RunAsync(host.Store, "doctor", "--json");
        var findings = JsonDocument.Parse(result.Output).RootElement.EnumerateArray().ToList();

        Assert.All(findings, finding => Assert.True(finding.GetProperty("health").GetString() == "good", finding.ToString()));
        Assert.Equal(0, result.ExitCode);
        Assert.Equal([.. checks, "lease", "exclusion", "hand-over", "fencing token", "revocation", "leases"], findings.Select(finding => finding.GetProperty("check").GetString()));
        Assert.Contains("1 lease of 1 server process.", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Says_that_there_is_no_directory_and_makes_none()
    {
        var result = await ToolProcess.RunAsync("files:/there/is/none", "doctor");
        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith("bad", result.Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists("/there"));
    }

    [Fact]
    public async Task Says_that_others_may_write_to_the_directory()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no modes.");
        var directory = Directory.CreateTempSubdirectory("maildrop-doctor-");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(directory.FullName, (UnixFileMode)0x1FF);
        }

        var result = await ToolProcess.RunAsync($"files:{directory.FullName}", "doctor");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains($"chmod 700 {directory.FullName}", result.Output.ReplaceLineEndings(" "), StringComparison.Ordinal);
        directory.Delete(recursive: true);
    }

    [Fact]
    public async Task Says_that_no_server_answers()
    {
        var result = await ToolProcess.RunAsync("redis:127.0.0.1:1,connectTimeout=500", "doctor");
        Assert.Equal(2, result.ExitCode);
        Assert.Matches("^bad +connection +There is no connection to 127.0.0.1:1 ", result.Output);
    }

    [Fact]
    public async Task Warns_of_a_server_that_removes_leases_when_it_is_full_and_keeps_nothing()
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.Missing);
        await using var server = await RedisServer.StartAsync("--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru");

        var result = await ToolProcess.RunAsync($"redis:127.0.0.1:{server.Port}", "doctor", "--json");

        Assert.Equal(1, result.ExitCode);
        var warnings = JsonDocument.Parse(result.Output).RootElement.EnumerateArray().Where(finding => finding.GetProperty("health").GetString() == "warning");
        Assert.Equal(["persistence", "store"], warnings.Select(finding => finding.GetProperty("check").GetString()));
        Assert.Contains("noeviction", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Works_with_the_rights_that_the_library_needs()
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.Missing);
        await using var server = await RedisServer.StartAsync("--appendonly", "yes");

        var result = await ToolProcess.RunAsync($"redis:127.0.0.1:{server.Port},user=mail,password=mail", "doctor");

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.DoesNotContain("password", result.Output, StringComparison.Ordinal);
    }
}
