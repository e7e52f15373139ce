using System.Diagnostics;
using System.Net;
using Maildrop.Locking.SampleHost.Hosting;

namespace Maildrop.Locking.SampleHost.Scenarios;

/// <summary>What a lock in memory cannot answer: the host itself dies in the middle of a session, and a second host has the next one.</summary>
internal static class KilledHost
{
    public static async Task PlayAsync(Timeline timeline, CancellationToken end)
    {
        timeline.Begin("5. The host is killed", """
            Two processes serve the same maildrops and keep their leases in files. One is killed with SIGKILL while a session is open.
            Elsewhere its lock file stays until somebody removes it; here the second host sees that its owner is dead.
            """);
        var locks = Directory.CreateTempSubdirectory("maildrop-locks-");
        try
        {
            var store = new Store("files", locks.FullName);
            await using var stage = await Stage.SetAsync(timeline, TimeSpan.FromMinutes(10), loginWait: TimeSpan.FromSeconds(10), end, store);
            using var host = await StartHostAsync(stage.Maildrops, store, end);
            try
            {
                stage.Tell("first host", $"is process {host.Process.Id}");
                var afterKill = await KillInMidSessionAsync(stage, host);
                timeline.Conclude($"Let in {Timeline.Format(afterKill)} after the first host was killed. Nothing was removed.");
            }
            finally
            {
                if (!host.Process.HasExited)
                {
                    host.Process.Kill();
                }
            }
        }
        finally
        {
            locks.Delete(recursive: true);
        }
    }

    private static async Task<TimeSpan> KillInMidSessionAsync(Stage stage, OtherHost host)
    {
        using var phone = new VanishingClient("phone", stage, host.EndPoint);
        await phone.LogInAsync();
        await phone.DeleteAsync(1);
        using var laptop = stage.NewClient("laptop");
        var waiting = laptop.LogInAsync("logs in at the second host, and may wait for up to 10 s");
        await stage.PauseAsync(0.3);
        Stage.Expect(!waiting.IsCompleted, "the phone has the maildrop, on the first host");
        var killed = stage.Time.GetTimestamp();
        host.Process.Kill();
        stage.Tell("first host", "is killed");
        var login = await waiting;
        var free = stage.Time.GetElapsedTime(killed);
        Stage.Expect(login.IsLetIn);
        Stage.Expect(free < TimeSpan.FromSeconds(1), "a dead host's maildrop is free at once");
        Stage.Expect(laptop.Count == 2, "the message that the phone had marked is still there");
        await laptop.QuitAsync();
        return free;
    }

    private static async Task<OtherHost> StartHostAsync(string maildrops, Store store, CancellationToken end)
    {
        var program = Path.Combine(AppContext.BaseDirectory, typeof(KilledHost).Assembly.GetName().Name + ".dll");
        var process = Process.Start(new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [program, "serve", "--port", "0", "--maildrops", maildrops, "--store", store.ToString()])
        {
            RedirectStandardOutput = true,
        })!;
        try
        {
            // "POP3 on 127.0.0.1:40001, maildrops in ..."
            var greeting = await process.StandardOutput.ReadLineAsync(end) ?? "";
            var endPoint = greeting.Split(' ', ',') is [_, _, var address, ..] && IPEndPoint.TryParse(address, out var parsed) ? parsed : null;
            Stage.Expect(endPoint is not null, "the first host says where it listens");
            return new(process, endPoint);
        }
        catch
        {
            process.Kill();
            process.Dispose();
            throw;
        }
    }

    private sealed record OtherHost(Process Process, IPEndPoint EndPoint) : IDisposable
    {
        public void Dispose() => Process.Dispose();
    }
}
