using Maildrop.Locking.Tests.Nemesis;
using Maildrop.Locking.Tests.Nemesis.Worker;

// Breaks what it can around real processes that use the lock, and checks the history that they leave:
//   dotnet run --project tests/Maildrop.Locking.Tests.Nemesis -- --store files --minutes 5 --seed 42
// With the verb "worker" it is one of those processes.
if (args is ["worker", .. var workerArgs])
{
    await using var host = new WorkerHost(WorkerOptions.Parse(workerArgs));
    await host.RunAsync();
    return 0;
}

if (args is ["storm", _, _])
{
    return await LoginStorm.RunAsync(args[1..]);
}

if (args is ["soak", _, _, _])
{
    return await Soak.RunAsync(args[1..]);
}

if (args is ["race", _, _])
{
    return await EndingsRace.RunAsync(args[1..]);
}

if (NemesisOptions.TryParse(args, out var options, out var error))
{
    return await new NemesisRun(options).RunAsync();
}

Console.Error.WriteLine(error);
return 2;
