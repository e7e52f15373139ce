using BenchmarkDotNet.Running;
using Maildrop.Locking.Benchmarks;
using Maildrop.Locking.Benchmarks.Redis;

// Without arguments: the main table. With any: BenchmarkDotNet's own, or the verb that is no timing.
if (args is ["held-memory", ..])
{
    return await HeldMemory.RunAsync(args.AsMemory(1));
}

if (args is ["redis-held", ..])
{
    return await RedisHeld.RunAsync(args.AsMemory(1));
}

var summaries = BenchmarkSwitcher
    .FromAssembly(typeof(Program).Assembly)
    .Run(args.Length == 0 ? ["--anyCategories", Categories.Main] : args, new BenchmarkConfig(namesJob: args.Any(arg => arg is "-j" or "--job")));

// --list and --help run nothing and are no failure; a benchmark without a result is one, so that CI sees it.
return summaries.All(summary => !summary.HasCriticalValidationErrors && summary.Reports.All(report => report.Success)) ? 0 : 1;
