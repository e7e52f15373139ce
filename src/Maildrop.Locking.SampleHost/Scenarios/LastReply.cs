using System.Text;
using MailKit;

namespace Maildrop.Locking.SampleHost.Scenarios;

/// <summary>Keeps the server's last line, which MailKit does not expose after a refused login.</summary>
internal sealed class LastReply : IProtocolLogger
{
    public string Line { get; private set; } = "";

    public IAuthenticationSecretDetector? AuthenticationSecretDetector { get; set; }

    public void LogConnect(Uri uri)
    {
    }

    public void LogClient(byte[] buffer, int offset, int count)
    {
    }

    public void LogServer(byte[] buffer, int offset, int count) =>
        Line = Encoding.ASCII.GetString(buffer, offset, count).TrimEnd().Split('\n')[^1].TrimEnd();

    public void Dispose()
    {
    }
}
