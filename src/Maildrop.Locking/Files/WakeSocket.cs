using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Maildrop.Locking.Files;

/// <summary>
/// How the locks of one machine tell each other of changes: each has a datagram socket, a file in the directory, or a port of the loopback
/// interface where that cannot be. It costs nothing until a message comes. A message is a hint: who misses it wakes by time.
/// </summary>
internal sealed class WakeSocket : IDisposable
{
    private const string Folder = ".wake";
    private const int BufferSize = 1 << 20;
    private const int MostRetries = 8;
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(5);

    private readonly string _folder;
    private readonly TimeProvider _time;
    private readonly Action<WakeMessage> _received;
    private readonly Socket _receiver;
    private readonly Socket _sender;
    private readonly string? _path;

    /// <param name="directory">The lock's directory.</param>
    /// <param name="time">The clock.</param>
    /// <param name="useFile">Whether a socket file will do.</param>
    /// <param name="received">What to do with a message.</param>
    /// <exception cref="SocketException">There is no socket to be had.</exception>
    public WakeSocket(string directory, TimeProvider time, bool useFile, Action<WakeMessage> received)
    {
        _folder = Path.Combine(directory, Folder);
        _time = time;
        _received = received;
        Instance = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
        _path = PathOf(Instance);
        var file = useFile ? TryBindFile(_path) : null;
        if (file is null)
        {
            _path = null;
            file = NewSocket(AddressFamily.InterNetwork);
            file.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            Port = (ushort)((IPEndPoint)file.LocalEndPoint!).Port;
        }

        _receiver = file;
        _sender = NewSocket(_receiver.AddressFamily);
        _ = ReceiveAsync();
    }

    public ulong Instance { get; }

    public ushort Port { get; }

    /// <summary>Tells another lock of this machine. False when there is certainly nobody any more.</summary>
    public bool Send(in ProcessStamp to, WakeMessage message)
    {
        try
        {
            return TrySend(to.Instance, to.Port, message, 0);
        }
        catch (Exception fault) when (fault is ObjectDisposedException or ArgumentException)
        {
            return true;
        }
    }

    public void Dispose()
    {
        _receiver.Dispose();
        _sender.Dispose();
        if (_path is not null)
        {
            Remove(_path);
        }
    }

    /// <summary>Removes the socket files of processes that were killed.</summary>
    private void Clear()
    {
        using var probe = NewSocket(AddressFamily.Unix);
        foreach (var path in Directory.EnumerateFiles(_folder))
        {
            try
            {
                probe.SendTo([], SocketFlags.None, new UnixDomainSocketEndPoint(path));
            }
            catch (SocketException fault) when (fault.SocketErrorCode == SocketError.ConnectionRefused)
            {
                // Names are never used again, so nobody can be about to bind it.
                Remove(path);
            }
            catch (Exception fault) when (fault is SocketException or ArgumentException)
            {
                // It lives, or cannot be told.
            }
        }
    }

    private static void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception fault) when (FileFaults.IsOne(fault))
        {
            // Somebody's next start clears it.
        }
    }

    private bool TrySend(ulong instance, ushort port, WakeMessage message, int retries)
    {
        Span<byte> bytes = stackalloc byte[WakeMessage.Size];
        message.Write(bytes);
        EndPoint to = port == 0 ? new UnixDomainSocketEndPoint(PathOf(instance)) : new IPEndPoint(IPAddress.Loopback, port);
        try
        {
            if (to.AddressFamily == _sender.AddressFamily)
            {
                _sender.SendTo(bytes, SocketFlags.None, to);
            }
            else
            {
                using var other = NewSocket(to.AddressFamily);
                other.SendTo(bytes, SocketFlags.None, to);
            }

            return true;
        }
        catch (SocketException fault) when (fault.SocketErrorCode is SocketError.WouldBlock or SocketError.NoBufferSpaceAvailable)
        {
            // It has a queue full of messages to read before; so it is given some time.
            if (retries < MostRetries)
            {
                _ = SendLaterAsync(instance, port, message, retries + 1);
            }

            return true;
        }
        catch (SocketException)
        {
            return port != 0;
        }
    }

    private async Task SendLaterAsync(ulong instance, ushort port, WakeMessage message, int retries)
    {
        await Task.Delay(RetryPause * retries, _time).ConfigureAwait(false);
        try
        {
            TrySend(instance, port, message, retries);
        }
        catch (ObjectDisposedException)
        {
            // This lock is gone; whoever waits wakes by time.
        }
    }

    private async Task ReceiveAsync()
    {
        var buffer = new byte[WakeMessage.Size + 1];
        while (true)
        {
            try
            {
                var length = await _receiver.ReceiveAsync(buffer.AsMemory(), SocketFlags.None).ConfigureAwait(false);
                if (WakeMessage.Read(buffer.AsSpan(0, length)) is { } message && message.To == Instance)
                {
                    _received(message);
                }
            }
            catch (SocketException fault) when (fault.SocketErrorCode is SocketError.ConnectionReset or SocketError.MessageSize)
            {
                // Of one datagram; the next is another matter.
            }
            catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private Socket? TryBindFile(string path)
    {
        Socket? socket = null;
        try
        {
            LockDirectory.CreateFolder(_folder);
            Clear();
            socket = NewSocket(AddressFamily.Unix);
            socket.Bind(new UnixDomainSocketEndPoint(path));
            return socket;
        }
        catch (Exception fault) when (fault is SocketException or ArgumentException or PlatformNotSupportedException || FileFaults.IsOne(fault))
        {
            // Windows, a path of more than some hundred bytes, a file system without sockets.
            socket?.Dispose();
            return null;
        }
    }

    private static Socket NewSocket(AddressFamily family) => new(family, SocketType.Dgram, ProtocolType.Unspecified)
    {
        Blocking = false,
        ReceiveBufferSize = BufferSize,
    };

    private string PathOf(ulong instance) => Path.Combine(_folder, instance.ToString("x16", CultureInfo.InvariantCulture));
}
