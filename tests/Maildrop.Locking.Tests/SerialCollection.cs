namespace Maildrop.Locking.Tests;

/// <summary>
/// Tests that need the whole machine, or that measure the whole process: they run after all others, one at a time, so that those on real
/// clocks are not stalled by them.
/// </summary>
#pragma warning disable CA1711 // A collection of tests is one.
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class SerialCollection
{
    public const string Name = "alone";
}
#pragma warning restore CA1711
