using System.Buffers.Binary;
using System.Net.Sockets;

namespace Maildrop.Locking.Files;

/// <summary>
/// How the locks of one machine notify each other: a datagram socket beside each host file, received on a thread of its own. A notification that is
/// lost costs a second (law 9).
/// </summary>
internal sealed class NotificationSocket : IDisposable
{
    public const string Extension = ".socket";
    private const int MessageSize = 17;
    private readonly Action<bool, UInt128> _received;
    private readonly string _path;
    private Socket? _socket;
    private volatile bool _disposed;

    public NotificationSocket(string hostFile, Action<bool, UInt128> received)
    {
        _received = received;
        _path = hostFile + Extension;
        Open();
    }

    /// <summary>Binds the socket, anew after the directory was replaced. Without one (Windows, a long path) waiters wake by time.</summary>
    public void Open()
    {
        try
        {
            _socket?.Dispose();
            var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveBufferSize = 1 << 20 };
            socket.Bind(new UnixDomainSocketEndPoint(_path));
            _socket = socket;
            new Thread(() => Receive(socket)) { IsBackground = true, Name = "Maildrop.Locking notifications" }.Start();
        }
        catch (Exception ex) when (ex is SocketException or ArgumentException or PlatformNotSupportedException)
        {
            _socket = null;
        }
    }

    /// <summary>Notifies another instance. False when nobody receives there any more.</summary>
    public static bool Send(string hostFile, bool isHolder, UInt128 value)
    {
        Span<byte> message = stackalloc byte[MessageSize];
        message[0] = isHolder ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt128LittleEndian(message[1..], value);
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
            socket.SendTo(message, SocketFlags.None, new UnixDomainSocketEndPoint(hostFile + Extension));
            return true;
        }
        catch (SocketException ex)
        {
            return ex.SocketErrorCode is SocketError.WouldBlock or SocketError.NoBufferSpaceAvailable;
        }
        catch (Exception ex) when (ex is ArgumentException or PlatformNotSupportedException)
        {
            return true;
        }
    }

    public void Dispose()
    {
        _disposed = true;
        _socket?.Dispose();
        try
        {
            File.Delete(_path);
        }
        catch (Exception ex) when (FileErrors.IsFileError(ex))
        {
            // A later start removes it.
        }
    }

    private void Receive(Socket socket)
    {
        var message = new byte[MessageSize];
        while (!_disposed)
        {
            try
            {
                if (socket.Receive(message) == MessageSize)
                {
                    _received(message[0] == 1, BinaryPrimitives.ReadUInt128LittleEndian(message.AsSpan(1)));
                }
            }
            catch (Exception ex) when (ex is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }
}
