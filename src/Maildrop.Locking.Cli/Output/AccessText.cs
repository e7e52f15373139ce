namespace Maildrop.Locking.Cli.Output;

/// <summary>The names of the accesses on the command line.</summary>
internal static class AccessText
{
    /// <summary>All names, in the order of the enumeration.</summary>
    public static string[] All { get; } = [.. Enum.GetValues<MaildropAccess>().Select(Of)];

#pragma warning disable CA1308 // It is what a person types.
    public static string Of(MaildropAccess access) => access.ToString().ToLowerInvariant();
#pragma warning restore CA1308
}
