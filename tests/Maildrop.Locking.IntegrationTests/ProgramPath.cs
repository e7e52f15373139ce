namespace Maildrop.Locking.Tests;

/// <summary>Where a program of this machine is.</summary>
internal static class ProgramPath
{
    /// <summary>The first program of that name on PATH.</summary>
    public static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
}
