namespace Maildrop.Locking.Tests.Readme;

/// <summary>A client that sends what it was told to, with something happening before each command.</summary>
internal sealed class ScriptedConnection(params (string? Command, Func<Task>? Before)[] script) : IConnection
{
    private readonly Queue<(string? Command, Func<Task>? Before)> _script = new(script);

    public List<string?> Lines { get; } = [];

    public List<string> Answered { get; } = [];

    public bool Removed { get; private set; }

    public string Id => "1";

    public string? RemoteAddress => null;

    public void Abort()
    {
    }

    public Task ReplyAsync(string? line)
    {
        Lines.Add(line);
        return Task.CompletedTask;
    }

    public async Task<string?> ReadCommandAsync(CancellationToken cancellationToken)
    {
        var (command, before) = _script.Count > 0 ? _script.Dequeue() : default;
        await (before?.Invoke() ?? Task.CompletedTask);
        return command;
    }

    public Task AnswerAsync(string command, CancellationToken cancellationToken)
    {
        Answered.Add(command);
        return Task.CompletedTask;
    }

    public Task<string> RemoveMarkedAsync(Func<bool> isHeld)
    {
        Removed = isHeld();
        return Task.FromResult("+OK bye");
    }
}
