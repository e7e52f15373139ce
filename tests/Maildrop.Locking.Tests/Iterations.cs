namespace Maildrop.Locking.Tests;

/// <summary>How long the long tests run: briefly, unless MAILDROP_TESTS_LONG is 1.</summary>
internal static class Iterations
{
    public static bool IsLong { get; } = Environment.GetEnvironmentVariable("MAILDROP_TESTS_LONG") == "1";

    public static int Of(int quick, int full) => IsLong ? full : quick;
}
