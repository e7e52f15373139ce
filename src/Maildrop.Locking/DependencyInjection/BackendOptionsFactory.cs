using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;

namespace Maildrop.Locking.DependencyInjection;

/// <summary>
/// Creates a backend's options as a copy of the lock's. It is a factory, because a factory runs before all configuration, whatever the
/// order in which the host registered it.
/// </summary>
internal sealed class BackendOptionsFactory<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] TOptions>(
    IEnumerable<IConfigureOptions<TOptions>> setups,
    IEnumerable<IPostConfigureOptions<TOptions>> postConfigures,
    IEnumerable<IValidateOptions<TOptions>> validations,
    IOptionsMonitor<MaildropLockOptions> common)
    : OptionsFactory<TOptions>(setups, postConfigures, validations)
    where TOptions : MaildropLockOptions
{
    protected override TOptions CreateInstance(string name)
    {
        var options = base.CreateInstance(name);
        common.Get(name).CopyTo(options);
        return options;
    }
}
