using System.Globalization;
using Spectre.Console;

namespace Maildrop.Locking.Cli.Output;

/// <summary>Formats holders as a table. Escapes untrusted text, and never parses it as markup.</summary>
internal static class HolderTable
{
    private static readonly string[] Columns = ["Maildrop", "Access", "Protocol", "Session", "Address", "Host", "Since", "Silent for", "Ends in", "Fencing token"];

    public static Table Create(IReadOnlyList<MaildropHolder> holders, DateTimeOffset now, bool wraps)
    {
        var table = new Table { Border = TableBorder.None, ShowHeaders = true };
        foreach (var name in Columns)
        {
            var column = new TableColumn(new Text(name, new Style(decoration: Decoration.Bold))) { Padding = new Padding(0, 0, 2, 0) };
            column.NoWrap = !wraps;
            table.AddColumn(column);
        }

        foreach (var holder in holders)
        {
            table.AddRow(CellsOf(holder, now).Select(static cell => new Text(SafeText.Escape(cell))));
        }

        return table;
    }

    /// <summary>Describes a holder in one sentence.</summary>
    public static string Describe(MaildropHolder holder, DateTimeOffset now)
    {
        var session = holder.Session is { } known ? $"{known.Protocol} session {known.Id}{(known.RemoteAddress is { } address ? $" from {address}" : "")}" : "a session";
        return $"{session} on {holder.Host} (process {holder.ProcessId}) since {TimeOf(holder.AcquiredAt, now)}, silent for {DurationText.Format(now - holder.LastActivityAt)}, fencing token {holder.FencingToken}";
    }

    private static IEnumerable<string> CellsOf(MaildropHolder holder, DateTimeOffset now) =>
    [
        holder.Maildrop.Value,
        AccessText.Of(holder.Access),
        holder.Session?.Protocol ?? "-",
        holder.Session?.Id ?? "-",
        holder.Session?.RemoteAddress ?? "-",
        holder.Host,
        TimeOf(holder.AcquiredAt, now),
        DurationText.Format(now - holder.LastActivityAt),
        (holder.ExpiresAt <= now ? "over" : DurationText.Format(holder.ExpiresAt - now)) + (holder.RevokedBy == MaildropLeaseLoss.None ? "" : ", revoked"),
        holder.FencingToken.ToString(CultureInfo.InvariantCulture),
    ];

    private static string TimeOf(DateTimeOffset time, DateTimeOffset now) =>
        time.ToLocalTime().ToString(now - time < TimeSpan.FromHours(20) ? "HH:mm:ss" : "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
}
