using System.Globalization;

namespace Maildrop.Locking.Tests.Histories;

/// <summary>An event as a line: a letter, the time, the rest, and a full stop that shows that the line is complete.</summary>
public static class HistoryFormat
{
    public static string Write(HistoryEvent happened) => string.Join(' ', Fields(happened)) + " .\n";

    /// <summary>Reads a line without its end; <see langword="null"/> where it is torn.</summary>
    public static HistoryEvent? Read(string line)
    {
        var f = line.Split(' ');
        if (f is not [_, _, .., "."])
        {
            return null;
        }

        var at = Number(f[1]);
        return (f[0], f.Length) switch
        {
            ("A", 8) => new Asked(at, f[2], f[3], Access(f[4]), Flag(f[5]), Flag(f[6])),
            ("G", 9) => new Granted(at, f[2], f[3], Access(f[4]), Number(f[5]), Number(f[6]), Flag(f[7])),
            ("N", 8) => new Refused(at, f[2], f[3], Access(f[4]), Number(f[5]), f[6]),
            ("H", 4) => new Held(at, f[2]),
            ("L", 5) => new Lost(at, f[2], f[3]),
            ("R", 6) => new Released(at, f[2], Number(f[3]), Number(f[4])),
            ("W", 6) => new Written(at, f[2], Number(f[3]), Flag(f[4])),
            ("V", 5) => new Revoked(at, f[2], Number(f[3])),
            ("F", 8) => new Fault(at, f[2], f[3], Number(f[4]), Flag(f[5]), Flag(f[6])),
            ("X", _) => new Remains(at, string.Join(' ', f[2..^1])),
            _ => null,
        };
    }

    private static object[] Fields(HistoryEvent happened) => happened switch
    {
        Asked e => ["A", e.At, e.Session, e.Maildrop, (int)e.Access, Flag(e.Waits), Flag(e.TakesOver)],
        Granted e => ["G", e.At, e.Session, e.Maildrop, (int)e.Access, e.AskedAt, e.Token, Flag(e.IsHeld)],
        Refused e => ["N", e.At, e.Session, e.Maildrop, (int)e.Access, e.AskedAt, e.Status],
        Held e => ["H", e.At, e.Session],
        Lost e => ["L", e.At, e.Session, e.Cause],
        Released e => ["R", e.At, e.Session, e.CalledAt, e.HeldUntil],
        Written e => ["W", e.At, e.Session, e.StartedAt, Flag(e.IsAccepted)],
        Revoked e => ["V", e.At, e.Maildrop, e.Token],
        Fault e => ["F", e.At, e.Name, e.Target, e.Until, Flag(e.EndsLeases), Flag(e.DelaysWaiters)],
        Remains e => ["X", e.At, e.What],
        _ => throw new ArgumentOutOfRangeException(nameof(happened)),
    };

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static HistoryAccess Access(string text) => (HistoryAccess)Number(text);

    private static int Flag(bool value) => value ? 1 : 0;

    private static bool Flag(string text) => text == "1";
}
