using Microsoft.Extensions.Options;

namespace Maildrop.Locking.DependencyInjection;

/// <summary>Checks options by their own rules, so there is no reflection.</summary>
internal sealed class OptionsValidator<TOptions> : IValidateOptions<TOptions>
    where TOptions : MaildropLockOptions
{
    public ValidateOptionsResult Validate(string? name, TOptions options)
    {
        var faults = options.FindFaults().ToList();
        if (faults.Count == 0)
        {
            return ValidateOptionsResult.Success;
        }

        return ValidateOptionsResult.Fail(string.IsNullOrEmpty(name) ? faults : faults.Select(fault => $"Maildrop lock '{name}': {fault}"));
    }
}
