using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;

namespace Maildrop.Locking.Storage;

/// <summary>
/// The owner of a lease at a backend: 128 random bits, new for each request. An operation names the owner and can touch no other's lease (law 6).
/// </summary>
/// <param name="Value">The bits.</param>
public readonly record struct LeaseOwner(UInt128 Value)
{
    private const int ByteCount = 16;

    /// <summary>Makes an owner that no other request on any host has.</summary>
    /// <returns>The owner.</returns>
    public static LeaseOwner New()
    {
        Span<byte> bytes = stackalloc byte[ByteCount];
        RandomNumberGenerator.Fill(bytes);
        return new(BinaryPrimitives.ReadUInt128BigEndian(bytes));
    }

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    /// <param name="text">32 hexadecimal digits.</param>
    /// <param name="owner">The owner.</param>
    /// <returns>Whether the text is an owner.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, out LeaseOwner owner)
    {
        var ok = UInt128.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) && text!.Length == 2 * ByteCount;
        owner = ok ? new(value) : default;
        return ok;
    }

    /// <summary>The owner as 32 hexadecimal digits.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => Value.ToString("x32", CultureInfo.InvariantCulture);
}
