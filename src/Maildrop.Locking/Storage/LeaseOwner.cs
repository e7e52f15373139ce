using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;

namespace Maildrop.Locking.Storage;

/// <summary>
/// The owner of a lease at a backend: 128 random bits, new for each request. An operation names the owner and cannot change another owner's lease (law 6).
/// </summary>
/// <param name="Value">The bits.</param>
public readonly record struct LeaseOwner(UInt128 Value)
{
    private const int ByteCount = 16;

    /// <summary>Creates an owner that is unique on all hosts.</summary>
    /// <returns>The owner.</returns>
    public static LeaseOwner New()
    {
        Span<byte> bytes = stackalloc byte[ByteCount];
        RandomNumberGenerator.Fill(bytes);
        return new(BinaryPrimitives.ReadUInt128BigEndian(bytes));
    }

    /// <summary>Parses the text that <see cref="ToString"/> returns.</summary>
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
