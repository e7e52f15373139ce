using System.Globalization;

namespace Maildrop.Locking.Benchmarks.Redis;

/// <summary>What it cost to keep leases alive for a while.</summary>
/// <param name="Library">Whose leases.</param>
/// <param name="Count">How many.</param>
/// <param name="Held">How many were held at the end.</param>
/// <param name="Client">Of a core, this process.</param>
/// <param name="Server">Of a core, the server; null where it is in this process.</param>
/// <param name="Scripts">Calls of scripts in a second.</param>
/// <param name="Bytes">Managed memory of one lease.</param>
internal sealed record HeldCost(string Library, int Count, int Held, double Client, double? Server, double Scripts, double Bytes)
{
    public const string Header = "| Held leases of 9 s | | client, of a core | server, of a core | scripts a second | a lease, here |\n|---|---:|---:|---:|---:|---:|\n";

    public string ToRow() => string.Create(
        CultureInfo.InvariantCulture, $"| {Library} | {Count:N0}{(Held == Count ? "" : $", of which {Held:N0} were held at the end")} | {Client:P1} | {(Server is null ? "" : $"{Server:P1}")} | {Scripts:N0} | {Bytes:N0} B |\n");
}
