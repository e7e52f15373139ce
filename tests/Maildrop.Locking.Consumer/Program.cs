using Maildrop.Locking;
using Microsoft.Extensions.DependencyInjection;

var services = new ServiceCollection();
services.AddMaildropLocking();
await using var provider = services.BuildServiceProvider();
var locks = provider.GetRequiredService<IMaildropLock>();

await using var lease = await locks.AcquireAsync("alice@example.org");
await using var refused = await locks.AcquireAsync("alice@example.org");
Console.WriteLine($"first:  {lease.ToPop3Reply()}");
Console.WriteLine($"second: {refused.ToPop3Reply()}");
if (!await lease.BeginUpdateAsync() || refused.IsAcquired)
{
    Console.WriteLine("The packages do not work.");
    return 1;
}

Console.WriteLine("ok");
return 0;
