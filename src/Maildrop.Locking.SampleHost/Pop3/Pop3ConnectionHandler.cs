using Maildrop.Locking.SampleHost.Maildirs;
using Microsoft.AspNetCore.Connections;

namespace Maildrop.Locking.SampleHost.Pop3;

/// <summary>Where Kestrel hands over a connection.</summary>
internal sealed class Pop3ConnectionHandler(
    IMaildropLock locks, MaildropFolders folders, Capabilities capabilities, Pop3Options options, TimeProvider time, ILogger<Pop3ConnectionHandler> logger)
    : ConnectionHandler
{
    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        using var session = new Pop3Session(connection, locks, folders, capabilities, options, time, logger);
        await session.RunAsync();
    }
}
