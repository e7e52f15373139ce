using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Maildrop.Locking;

/// <summary>
/// Converts a <see cref="MaildropName"/> to and from a JSON string. It is used automatically; it is public because generated code in a host must reach it.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class MaildropNameJsonConverter : JsonConverter<MaildropName>
{
    /// <inheritdoc/>
    /// <value>True, so that Read rejects null with its own message.</value>
    public override bool HandleNull => true;

    /// <inheritdoc/>
    /// <exception cref="JsonException">The value is not a string, or the string is not a valid name.</exception>
    public override MaildropName Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String
            ? Parse(ref reader)
            : throw new JsonException($"A maildrop's name is a JSON string, not {reader.TokenType}.");

    /// <inheritdoc/>
    /// <exception cref="JsonException">The value is <see langword="default"/>.</exception>
    public override void Write(Utf8JsonWriter writer, MaildropName value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ThrowIfDefault(value);
        writer.WriteStringValue(value.Value);
    }

    /// <inheritdoc/>
    /// <exception cref="JsonException">The key is not a valid name.</exception>
    public override MaildropName ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Parse(ref reader);

    /// <inheritdoc/>
    /// <exception cref="JsonException">The value is <see langword="default"/>.</exception>
    public override void WriteAsPropertyName(Utf8JsonWriter writer, MaildropName value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ThrowIfDefault(value);
        writer.WritePropertyName(value.Value);
    }

    private static MaildropName Parse(ref Utf8JsonReader reader)
    {
        try
        {
            return MaildropName.Parse(reader.GetString()!, provider: null);
        }
        catch (Exception ex) when (ex is FormatException or InvalidOperationException)
        {
            // InvalidOperationException: a lone surrogate, or bytes that are not UTF-8.
            throw new JsonException(ex.Message, ex);
        }
    }

    private static void ThrowIfDefault(MaildropName value)
    {
        if (value.IsDefault)
        {
            throw new JsonException("default(MaildropName) names no maildrop, and has no JSON.");
        }
    }
}
