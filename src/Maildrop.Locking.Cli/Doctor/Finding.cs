namespace Maildrop.Locking.Cli.Doctor;

internal enum Health
{
    Good,

    /// <summary>Servers work, and something should be put right.</summary>
    Warning,

    /// <summary>Servers cannot work.</summary>
    Bad,
}

/// <summary>What doctor found out.</summary>
/// <param name="Check">What was looked at, in a word or two.</param>
/// <param name="Health">How it is.</param>
/// <param name="Message">What was seen, as a sentence.</param>
/// <param name="Advice">What to do; null for nothing.</param>
internal sealed record Finding(string Check, Health Health, string Message, string? Advice = null)
{
    public static Finding Good(string check, string message) => new(check, Health.Good, message);

    public static Finding Warning(string check, string message, string? advice = null) => new(check, Health.Warning, message, advice);

    public static Finding Bad(string check, string message, string? advice = null) => new(check, Health.Bad, message, advice);
}
