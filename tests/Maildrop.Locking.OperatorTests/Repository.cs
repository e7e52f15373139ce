namespace Maildrop.Locking.OperatorTests;

/// <summary>The clone that these tests were built in.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>A program of src, where its own build leaves it: beside these tests it would lack what the ASP.NET Core framework brings them.</summary>
    public static string ProgramOf(string project, string name)
    {
        var built = new DirectoryInfo(AppContext.BaseDirectory);
        return Path.Combine(Root, "src", project, "bin", built.Parent!.Name, built.Name, name);
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Maildrop.Locking.sln")))
        {
            folder = folder.Parent;
        }

        return folder.FullName;
    }
}
