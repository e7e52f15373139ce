using Microsoft.Extensions.DependencyInjection;

namespace Maildrop.Locking.Consumer;

/// <summary>What a host does with a lock: it acquires, it waits, and it loses.</summary>
internal static class Scenes
{
    private static readonly MaildropLockRequest Waiting = new() { Wait = TimeSpan.FromSeconds(30) };

    public static async Task PlayAsync(string title, Action<MaildropLockingBuilder> use)
    {
        var services = new ServiceCollection();
        use(services.AddMaildropLocking());
        await using var provider = services.BuildServiceProvider();
        var locks = provider.GetRequiredService<IMaildropLock>();

        await using var first = await locks.AcquireAsync("alice@example.org");
        Expect(first.IsHeld, $"{title}: not granted: {first.Status} {first.Error}");
        await using var refused = await locks.AcquireAsync("alice@example.org");
        Expect(refused.Status == MaildropLockStatus.InUse, $"{title}: granted twice");
        Console.WriteLine($"{title}: {first.ToPop3Reply()} / {refused.ToPop3Reply()}");

        var waiting = locks.AcquireAsync("alice@example.org", Waiting).AsTask();
        Expect(!waiting.IsCompleted, $"{title}: did not wait");
        Expect(await first.BeginUpdateAsync(), $"{title}: no UPDATE");
        await first.ReleaseAsync();
        await using var second = await waiting;
        Expect(second.IsHeld && second.FencingToken > first.FencingToken, $"{title}: the waiter was not served");

        var lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = second.LostToken.Register(lost.SetResult);
        Expect(await locks.RevokeAsync("alice@example.org", second.FencingToken), $"{title}: not revoked");
        await lost.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Expect(!second.IsHeld && second.Loss == MaildropLeaseLoss.Revoked && !await second.BeginUpdateAsync(), $"{title}: lost, and went on");
    }

    private static void Expect(bool fact, string otherwise)
    {
        if (!fact)
        {
            throw new InvalidOperationException(otherwise);
        }
    }
}
