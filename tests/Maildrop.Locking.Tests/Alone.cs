namespace Maildrop.Locking.Tests;

/// <summary>
/// Tests that need the whole machine, or that measure the whole process: they run after all others, one at a time, so that those on real
/// clocks are not stalled by them.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
