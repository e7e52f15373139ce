using System.Net.Security;
using Maildrop.Locking.SampleHost.Maildirs;

namespace Maildrop.Locking.SampleHost.Pop3;

/// <summary>The services that the sessions of a host share.</summary>
internal sealed record Pop3Services(
    IMaildropLock Locks,
    MaildropFolders Folders,
    Capabilities Capabilities,
    Pop3Options Options,
    SslServerAuthenticationOptions Tls,
    TimeProvider Time,
    ILogger<Pop3Session> Logger);
