namespace Maildrop.Locking.Benchmarks;

/// <summary>What <c>--anyCategories</c> and <c>--allCategories</c> select by: the main table, and each backend.</summary>
internal static class Categories
{
    public const string Main = "Main";
    public const string InMemory = "InMemory";
    public const string Files = "Files";
    public const string Redis = "Redis";

    /// <summary>Many sessions at once; not in the main table.</summary>
    public const string Load = "Load";
}
