using BenchmarkDotNet.Running;
using Maildrop.Locking.Benchmarks;
using Maildrop.Locking.Benchmarks.Files;
using Maildrop.Locking.Benchmarks.Redis;
using Maildrop.Locking.Benchmarks.Reports;

const string Help = """
    Without arguments: the main table, every backend beside its floor and its peers, in under five minutes.

    Verbs, which are no benchmarks of BenchmarkDotNet's:
      held-memory [COUNT]                          bytes of a lease that is held in memory
      files-held [COUNT]                           what it costs to keep leases on files alive, to list them, and to wait for them
      redis-held [COUNT ...] [--seconds SECONDS]   what it costs to keep leases on Redis alive
      redis-server-time                            the server's own time of a pair and of a renewal, beside the floor's
      report [--folder FOLDER] [ARGUMENT ...]      the main table and both of these, as a Markdown table and a chart in benchmarks/results/;
                                                   --seconds SECONDS and --job JOB make it shorter

    Redis benchmarks start the redis-server that is on PATH, or else a Garnet of their own. Files are locked in the temporary directory, or in
    the one that MAILDROP_BENCHMARK_DIRECTORY names.

    Everything else is BenchmarkDotNet's: --filter '*Load*' runs what has that in its name, --anyCategories takes Main, InMemory, Files, Redis or
    Load, --list flat names all benchmarks, and --job Dry runs each once, in this process.
    """;

switch (args)
{
    case ["--help" or "-h" or "help", ..]:
        Console.WriteLine(Help);
        return 0;
    case ["held-memory", .. var rest]:
        Console.WriteLine(await HeldMemory.RunAsync(rest));
        return 0;
    case ["files-held", .. var rest]:
        return await FilesHeld.RunAsync(rest, Console.Write);
    case ["redis-held", .. var rest]:
        return await RedisHeld.RunAsync(HeldOptions.Parse(rest), Console.Write);
    case ["redis-server-time"]:
        return await RedisServerTime.RunAsync(Console.Write);
    case ["report", .. var rest]:
        return await ReportCommand.RunAsync(rest);
}

if (args.Contains("--list"))
{
    Console.WriteLine(Help);
}

return Runs.Succeeded(Runs.Run(args.Length == 0 ? ["--anyCategories", Categories.Main] : args)) ? 0 : 1;
