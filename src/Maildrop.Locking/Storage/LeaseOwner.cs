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
    /// <summary>Makes an owner that no other request on any host has.</summary>
    /// <returns>The owner.</returns>
    public static LeaseOwner New()
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        return new(BinaryPrimitives.ReadUInt128BigEndian(bytes));
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
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Value);
        return Convert.ToHexStringLower(bytes);
    }
}
