using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;

namespace Maildrop.Locking.DependencyInjection;

/// <summary>
/// Has a backend's options begin as copies of the lock's. A factory, because it comes before whatever configures them, in whatever
/// order the host wrote that down.
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
