using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;

namespace Maildrop.Locking.Storage;

/// <summary>
/// Whose a lease record is: 128 random bits, made anew for each request. An operation that names the owner can touch no other's record.
/// </summary>
/// <param name="Value">The bits.</param>
public readonly record struct LeaseOwner(UInt128 Value)
{
    private const int OwnerSize = 16;

    [ThreadStatic]
    private static Stock? _stock;

    /// <summary>Makes an owner that no other request on any host has.</summary>
    /// <returns>The owner.</returns>
    public static LeaseOwner New()
    {
        // Asking the system for many bits takes hardly longer than for a few.
        var stock = _stock ??= new Stock();
        if (stock.Used == stock.Bytes.Length)
        {
            RandomNumberGenerator.Fill(stock.Bytes);
            stock.Used = 0;
        }

        var owner = BinaryPrimitives.ReadUInt128BigEndian(stock.Bytes.AsSpan(stock.Used));
        stock.Used += OwnerSize;
        return new(owner);
    }

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    /// <param name="text">32 hexadecimal digits.</param>
    /// <param name="owner">The owner.</param>
    /// <returns>Whether it was one.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, out LeaseOwner owner)
    {
        var ok = UInt128.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) && text!.Length == 32;
        owner = ok ? new(value) : default;
        return ok;
    }

    /// <summary>The owner as 32 hexadecimal digits.</summary>
    /// <returns>The text.</returns>
    public override string ToString()
    {
        // Written with every call to a backend; the number's own formatting takes several times as long.
        Span<byte> bytes = stackalloc byte[OwnerSize];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Value);
        return Convert.ToHexStringLower(bytes);
    }

    /// <summary>Writes the same digits as UTF-8.</summary>
    /// <param name="destination">Where to: its first 32 bytes.</param>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is shorter.</exception>
    public void WriteTo(Span<byte> destination)
    {
        Span<byte> bytes = stackalloc byte[OwnerSize];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Value);
        if (!Convert.TryToHexStringLower(bytes, destination, out _))
        {
            throw new ArgumentException("An owner is 32 digits.", nameof(destination));
        }
    }

    private sealed class Stock
    {
        public byte[] Bytes { get; } = new byte[32 * OwnerSize];

        public int Used { get; set; } = 32 * OwnerSize;
    }
}
