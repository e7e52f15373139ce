using System.Diagnostics;
using System.Globalization;

namespace Maildrop.Locking.Tests.Nemesis.Servers;

/// <summary>The wall clock of one host, which libfaketime moves where it is installed. The monotonic clock stays what it is.</summary>
internal sealed class SteppedClock(string path)
{
    /// <summary>How long a host may take to see a step.</summary>
    public static readonly TimeSpan Delay = TimeSpan.FromSeconds(1);

    private static readonly string? Library = Directory.Exists("/usr/lib")
        ? Directory.EnumerateFiles("/usr/lib", "libfaketimeMT.so.1", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 2 }).FirstOrDefault()
        : null;

    public static bool IsInstalled => Library is not null;

    /// <summary>Sets the clock so much before or after what it is elsewhere.</summary>
    public void Set(TimeSpan offset)
    {
        // Read at any moment, so it is replaced in one.
        File.WriteAllText(path + ".new", string.Create(CultureInfo.InvariantCulture, $"{offset.TotalSeconds:+0;-0}\n"));
        File.Move(path + ".new", path, overwrite: true);
    }

    /// <summary>Has a process use this clock.</summary>
    public void AddTo(ProcessStartInfo start)
    {
        Set(TimeSpan.Zero);
        start.Environment["LD_PRELOAD"] = Library;
        start.Environment["FAKETIME_TIMESTAMP_FILE"] = path;
        start.Environment["FAKETIME_CACHE_DURATION"] = Delay.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        start.Environment["FAKETIME_DONT_FAKE_MONOTONIC"] = "1";
        start.Environment["NO_FAKE_STAT"] = "1";
    }
}
