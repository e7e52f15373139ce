using System.Globalization;

namespace Maildrop.Locking.SampleHost.Scenarios;

/// <summary>Prints events, each with the time since its scenario began.</summary>
internal sealed class Timeline(TextWriter output, TimeProvider time)
{
    private const int ActorWidth = 17;

    private long _begun;

    public void Begin(string title, string what)
    {
        output.WriteLine();
        output.WriteLine(title);
        output.WriteLine(new string('-', title.Length));
        output.WriteLine(what);
        output.WriteLine();
        _begun = time.GetTimestamp();
    }

    public void Report(string actor, string what)
    {
        var seconds = time.GetElapsedTime(_begun).TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture);
        lock (output)
        {
            output.WriteLine($"  {seconds,7} s  {actor.PadRight(ActorWidth)}{what}");
        }
    }

    public void Conclude(string what)
    {
        output.WriteLine();
        output.WriteLine($"  => {what}");
    }

    public void Write(string what) => output.WriteLine(what);

    public static string Format(TimeSpan duration) => duration < TimeSpan.FromSeconds(1)
        ? $"{duration.TotalMilliseconds.ToString("0.0", CultureInfo.InvariantCulture)} ms"
        : $"{duration.TotalSeconds.ToString("0.00", CultureInfo.InvariantCulture)} s";
}
