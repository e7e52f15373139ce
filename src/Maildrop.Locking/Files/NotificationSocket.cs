using System.Net.Sockets;

namespace Maildrop.Locking.Files;

/// <summary>
/// Lets the instances of one machine notify each other. Each has a datagram socket beside its host file, and a thread that receives. A lost notification costs
/// a second (law 9). Without sockets (Windows, a path of more than 107 bytes) all waiters wake by time.
/// </summary>
internal sealed class NotificationSocket : IDisposable
{
    public const string Extension = ".socket";
    private readonly string _path;
    private readonly Action<Notification> _received;
    private readonly Socket? _sender;
    private Socket? _receiver;
    private volatile bool _disposed;

    public NotificationSocket(string path, Action<Notification> received)
    {
        _path = path;
        _received = received;
        _sender = TryCreate();
        _sender?.Blocking = false;
        Open();
    }

    /// <summary>Begins to receive. Called again after the directory was replaced.</summary>
    public void Open()
    {
        CloseReceiver();
        if (TryCreate() is not { } receiver)
        {
            return;
        }

        try
        {
            receiver.Bind(new UnixDomainSocketEndPoint(_path));
        }
        catch (Exception ex) when (ex is SocketException or ArgumentException)
        {
            receiver.Dispose();
            return;
        }

        _receiver = receiver;
        new Thread(() => Receive(receiver)) { IsBackground = true, Name = "Maildrop.Locking notifications" }.UnsafeStart();
    }

    /// <summary>Notifies an instance. Returns whether the message was sent.</summary>
    public bool TrySend(string path, Notification notification)
    {
        Span<byte> message = stackalloc byte[Notification.Size];
        notification.Write(message);
        try
        {
            return _sender?.SendTo(message, new UnixDomainSocketEndPoint(path)) == message.Length;
        }
        catch (Exception ex) when (ex is SocketException or ArgumentException or ObjectDisposedException)
        {
            return false;
        }
    }

    public void Dispose()
    {
        _disposed = true;
        CloseReceiver();
        _sender?.Dispose();
    }

    private static Socket? TryCreate()
    {
        try
        {
            return new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        }
        catch (SocketException)
        {
            return null;
        }
    }

    private void CloseReceiver()
    {
        if (_receiver is { } receiver)
        {
            _receiver = null;
            receiver.Dispose();
            HostFiles.DeleteQuietly(_path);
        }
    }

    private void Receive(Socket receiver)
    {
        var message = new byte[Notification.Size];
        while (!_disposed)
        {
            try
            {
                if (receiver.Receive(message) == message.Length)
                {
                    _received(Notification.Read(message));
                }
            }
            catch (Exception ex) when (ex is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }
}
