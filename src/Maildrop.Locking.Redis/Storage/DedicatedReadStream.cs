using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks.Sources;

namespace Maildrop.Locking.Storage;

/// <summary>
/// A socket that is connected and read by a thread of the stream's own, which also goes on with what was read. Writes end at once while the
/// system's buffer has room, and need no thread. Nothing here is asynchronous to the system.
/// </summary>
internal sealed class DedicatedReadStream : Stream, IValueTaskSource<int>
{
    // With room for this much, as a socket that can be written to has, a write does not wait.
    private const int LongestWrite = 16 * 1024;

    private readonly EndPoint _endpoint;
    private readonly Socket _socket;
    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _asked = new(0);
    private ManualResetValueTaskSourceCore<int> _read;
    private Memory<byte> _buffer;
    private volatile bool _closed;

    public DedicatedReadStream(EndPoint endpoint)
    {
        _endpoint = endpoint;
        _socket = endpoint.AddressFamily switch
        {
            AddressFamily.Unix => new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified),
            AddressFamily.Unspecified => new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true },
            var family => new Socket(family, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true },
        };
    }

    public Socket Socket => _socket;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Connects, once. Disposal ends an attempt that takes too long.</summary>
    public Task ConnectAsync()
    {
        var thread = new Thread(Run) { IsBackground = true, Name = "Maildrop.Locking Redis reader" };
        thread.UnsafeStart();
        return _connected.Task;
    }

    /// <summary>Reads; one read at a time, as of any stream.</summary>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _read.Reset();
        _buffer = buffer;
        _asked.Release();
        return new(this, _read.Version);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => _socket.Receive(buffer, offset, count, SocketFlags.None);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            if (!_socket.Poll(TimeSpan.Zero, SelectMode.SelectWrite))
            {
                return new(WriteLaterAsync(buffer));
            }

            buffer = buffer[_socket.Send(buffer.Span[..Math.Min(buffer.Length, LongestWrite)], SocketFlags.None)..];
        }

        return ValueTask.CompletedTask;
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) => _socket.Send(buffer, offset, count, SocketFlags.None);

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    int IValueTaskSource<int>.GetResult(short token) => _read.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _read.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _read.OnCompleted(continuation, state, token, flags);

    protected override void Dispose(bool disposing)
    {
        // Ends the read that is under way, and the thread behind it.
        _closed = true;
        _socket.Dispose();
        _asked.Release();
        base.Dispose(disposing);
    }

    /// <summary>The server does not read, which is rare: a thread is made that waits until it does, or until the stream is disposed of.</summary>
    private Task WriteLaterAsync(ReadOnlyMemory<byte> buffer) => Task.Factory.StartNew(
        () =>
        {
            while (!buffer.IsEmpty)
            {
                buffer = buffer[_socket.Send(buffer.Span, SocketFlags.None)..];
            }
        },
        CancellationToken.None,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);

    private void Run()
    {
        try
        {
            _socket.Connect(_endpoint);
            _connected.SetResult();
        }
#pragma warning disable CA1031 // It is the connection's to see.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            _connected.SetException(fault);
            return;
        }

        while (true)
        {
            // This thread is there to wait (law 11), and nobody waits for it.
            _asked.Wait();
            if (_closed && _buffer.IsEmpty)
            {
                return;
            }

            int count;
            try
            {
                count = _socket.Receive(_buffer.Span, SocketFlags.None);
            }
#pragma warning disable CA1031 // It is the reader's to see.
            catch (Exception fault)
#pragma warning restore CA1031
            {
                _buffer = default;
                _read.SetException(fault is SocketException ? new IOException(fault.Message, fault) : fault);
                continue;
            }

            _buffer = default;
            _read.SetResult(count);
        }
    }
}
