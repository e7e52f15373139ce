using System.Buffers;
using System.Text.Json;

namespace Maildrop.Locking.SampleHost.Admin;

/// <summary>A holder as a line of JSON.</summary>
internal static class HolderLine
{
    public static void Write(IBufferWriter<byte> output, MaildropHolder holder)
    {
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteString("maildrop", holder.Maildrop.Value);
            json.WriteString("access", holder.Access.ToString());
            json.WriteString("protocol", holder.Session?.Protocol);
            json.WriteString("session", holder.Session?.Id);
            json.WriteString("address", holder.Session?.RemoteAddress);
            json.WriteString("host", holder.Host);
            json.WriteNumber("pid", holder.ProcessId);
            json.WriteString("since", holder.AcquiredAt);
            json.WriteString("lastActivity", holder.LastActivityAt);
            json.WriteString("expires", holder.ExpiresAt);

            // As text: it has more digits than the numbers of some readers of JSON.
            json.WriteString("fencingToken", holder.FencingToken.ToString(System.Globalization.CultureInfo.InvariantCulture));
            json.WriteEndObject();
        }

        output.Write("\n"u8);
    }
}
