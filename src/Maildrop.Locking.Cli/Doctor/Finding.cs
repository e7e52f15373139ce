namespace Maildrop.Locking.Cli.Doctor;

internal enum Health
{
    Good,

    /// <summary>Servers work, but something should be corrected.</summary>
    Warning,

    /// <summary>Servers cannot work.</summary>
    Bad,
}

/// <summary>One result of doctor.</summary>
/// <param name="Check">The examined part, in one or two words.</param>
/// <param name="Health">The state of that part.</param>
/// <param name="Message">The observation, as a sentence.</param>
/// <param name="Advice">What to do; null for nothing.</param>
internal sealed record Finding(string Check, Health Health, string Message, string? Advice = null)
{
    public static Finding Good(string check, string message) => new(check, Health.Good, message);

    public static Finding Warning(string check, string message, string? advice = null) => new(check, Health.Warning, message, advice);

    public static Finding Bad(string check, string message, string? advice = null) => new(check, Health.Bad, message, advice);
}
