namespace Maildrop.Locking.Tests.Readme;

/// <summary>What the session of the README needs of a host's connection.</summary>
internal interface IConnection
{
    string Id { get; }

    string? RemoteAddress { get; }

    void Abort();

    /// <summary>Sends a reply; nothing for null.</summary>
    Task ReplyAsync(string? line);

    Task<string?> ReadCommandAsync(CancellationToken cancellationToken);

    Task AnswerAsync(string command, CancellationToken cancellationToken);

    /// <summary>Removes the marked messages, each after a look at <paramref name="isHeld"/>, and returns the reply to QUIT.</summary>
    Task<string> RemoveMarkedAsync(Func<bool> isHeld);
}
