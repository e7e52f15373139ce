using System.Text;

namespace Maildrop.Locking.Tests.Readme;

/// <summary>A POP3 connection of one message, around the session of the README: enough for real clients to log in, read, delete and quit.</summary>
internal sealed class TinyPop3 : IConnection, IDisposable
{
    private const string Message = "From: bob@example.org\r\nSubject: Lunch?\r\n\r\nAt noon.\r\n";

    private readonly StreamReader _input;
    private readonly StreamWriter _output;
    private readonly Action _abort;
    private bool _isMarked;

    /// <param name="input">What the client sends.</param>
    /// <param name="output">What the client is sent.</param>
    /// <param name="abort">Closes the connection.</param>
    public TinyPop3(Stream input, Stream output, Action abort)
    {
        _input = new StreamReader(input, Encoding.ASCII);
        _output = new StreamWriter(output, Encoding.ASCII) { NewLine = "\r\n", AutoFlush = true };
        _abort = abort;
    }

    public string Id { get; } = Guid.NewGuid().ToString("n");

    public string? RemoteAddress => "127.0.0.1";

    public bool IsRemoved { get; private set; }

    /// <summary>Greets the client, and reads commands until it has logged in.</summary>
    /// <returns>The user; null when the client has gone.</returns>
    public async Task<string?> LogInAsync(CancellationToken cancellationToken)
    {
        var user = "";
        await ReplyAsync("+OK ready");
        while (await ReadCommandAsync(cancellationToken) is { } command)
        {
            switch (command.Split(' '))
            {
                case ["USER", var name]:
                    user = name;
                    await ReplyAsync("+OK");
                    break;
                case ["PASS", _]:
                    return user;
                default:
                    await ReplyAsync("-ERR");
                    break;
            }
        }

        return null;
    }

    public void Abort() => _abort();

    public Task ReplyAsync(string? line) => line is null ? Task.CompletedTask : _output.WriteLineAsync(line);

    public async Task<string?> ReadCommandAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _input.ReadLineAsync(cancellationToken);
        }
        catch (Exception ex) when (ex is IOException or ObjectDisposedException or OperationCanceledException)
        {
            return null;
        }
    }

    public Task AnswerAsync(string command, CancellationToken cancellationToken)
    {
        _isMarked |= command == "DELE 1";
        return ReplyAsync(command switch
        {
            "STAT" => $"+OK 1 {Message.Length}",
            "RETR 1" => $"+OK\r\n{Message}.",
            "DELE 1" or "NOOP" => "+OK",
            _ => "-ERR",
        });
    }

    public Task<string> RemoveMarkedAsync(Func<bool> isHeld)
    {
        IsRemoved = _isMarked && isHeld();
        return Task.FromResult("+OK bye");
    }

    public void Dispose() => _input.Dispose();
}
