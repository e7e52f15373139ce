using System.CommandLine;
using Maildrop.Locking.Cli.Output;

namespace Maildrop.Locking.Cli.Commands;

/// <summary>An option that takes a duration as people write it.</summary>
internal sealed class DurationOption : Option<TimeSpan?>
{
    private readonly TimeSpan _defaultValue;

    public DurationOption(string name, TimeSpan defaultValue, string description)
        : base(name)
    {
        _defaultValue = defaultValue;
        HelpName = "DURATION";
        Description = $"{description} As in 500ms, 10s, 2m or 1h; {DurationText.Format(defaultValue)} unless given.";
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (DurationText.Parse(text) is { } duration)
            {
                return duration;
            }

            result.AddError($"{name} is {DurationText.Rule}, not '{text}'.");
            return null;
        };
    }

    public TimeSpan Of(ParseResult parsed) => parsed.GetValue(this) ?? _defaultValue;
}
