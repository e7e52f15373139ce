using System.Runtime.CompilerServices;

namespace Maildrop.Locking;

/// <summary>Identifies the session of a lease, for the host's own log and its list of holders, never for a client.</summary>
/// <param name="Protocol">The protocol, as in <c>POP3</c>. 1 to 32 characters, no control characters.</param>
/// <param name="Id">The host's name for the session or its connection. 1 to 128 characters, no control characters.</param>
/// <param name="RemoteAddress">The client's address, if it is known. 1 to 128 characters, no control characters.</param>
/// <exception cref="ArgumentNullException"><paramref name="Protocol"/> or <paramref name="Id"/> is <see langword="null"/>.</exception>
/// <exception cref="ArgumentException">A value is empty, too long, or holds a control character or a lone surrogate.</exception>
public sealed record MaildropSession(string Protocol, string Id, string? RemoteAddress = null)
{
    /// <summary>The protocol, as in <c>POP3</c>.</summary>
    public string Protocol { get; init => field = Check(value, 32, nameof(Protocol)); } = Check(Protocol, 32);

    /// <summary>The host's name for the session or its connection.</summary>
    public string Id { get; init => field = Check(value, 128, nameof(Id)); } = Check(Id, 128);

    /// <summary>The client's address, if it is known.</summary>
    public string? RemoteAddress { get; init => field = CheckOptional(value, 128, nameof(RemoteAddress)); } = CheckOptional(RemoteAddress, 128);

    private static string? CheckOptional(string? value, int longest, [CallerArgumentExpression(nameof(value))] string? name = null) =>
        value is null ? null : Check(value, longest, name);

    private static string Check(string value, int longest, [CallerArgumentExpression(nameof(value))] string? name = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(value, name);
        if (value.Length > longest)
        {
            throw new ArgumentException($"At most {longest} characters are allowed, not {value.Length}.", name);
        }

        if (NameSyntax.FindFault(value) is { } fault)
        {
            throw new ArgumentException(fault, name);
        }

        return value;
    }
}
