namespace Maildrop.Locking.Tests.Readme;

/// <summary>What the README's session needs of a host's connection.</summary>
internal interface IConnection
{
    string Id { get; }

    string? RemoteAddress { get; }

    void Abort();

    /// <summary>Writes a line; nothing for null.</summary>
    Task WriteLineAsync(string? line);

    Task<string?> ReadCommandAsync(CancellationToken cancellationToken);

    Task AnswerAsync(string command, CancellationToken cancellationToken);

    Task<string> RemoveMarkedAsync();
}
