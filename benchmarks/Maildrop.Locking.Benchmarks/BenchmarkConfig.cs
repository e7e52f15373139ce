using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using Perfolizer.Horology;

namespace Maildrop.Locking.Benchmarks;

/// <summary>
/// A job that is short enough for a coffee and long enough for a ratio; <c>--job</c> puts another in its place. Allocations and the
/// median always.
/// </summary>
internal sealed class BenchmarkConfig : ManualConfig
{
    /// <param name="namesJob">Whether the command line names a job: one that stands here would run beside it.</param>
    public BenchmarkConfig(bool namesJob)
    {
        Add(DefaultConfig.Instance);
        if (!namesJob)
        {
            AddJob(Job.Default.WithWarmupCount(4).WithIterationCount(8).WithIterationTime(TimeInterval.FromMilliseconds(150)).WithId("Short"));
        }

        AddDiagnoser(MemoryDiagnoser.Default);
        AddColumn(StatisticColumn.Median);
        HideColumns(Column.Error, Column.RatioSD, Column.Gen0, Column.Gen1, Column.Gen2, Column.AllocRatio);
    }
}
