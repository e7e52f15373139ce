namespace Maildrop.Locking.Tests.Nemesis;

/// <summary>Seeds that are the same in each process: HashCode is not.</summary>
internal static class Seeds
{
    public static int Combine(params ReadOnlySpan<int> parts)
    {
        var seed = 17;
        foreach (var part in parts)
        {
            seed = unchecked((seed * 31) + part);
        }

        return seed;
    }
}
