using System.Net.Sockets;
using System.Threading.Tasks.Sources;

namespace Maildrop.Locking.Storage;

/// <summary>
/// A socket whose reads are made, and continued, by a thread of the stream's own. Writes end at once while the system's buffer has room,
/// and need no thread.
/// </summary>
internal sealed class DedicatedReadStream : Stream, IValueTaskSource<int>
{
    private readonly Socket _socket;
    private readonly SemaphoreSlim _asked = new(0);
    private ManualResetValueTaskSourceCore<int> _read;
    private Memory<byte> _buffer;
    private Thread? _thread;
    private volatile bool _closed;

    public DedicatedReadStream(Socket socket) => _socket = socket;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Reads; one read at a time, as of any stream.</summary>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _read.Reset();
        _buffer = buffer;
        _thread ??= Start();
        _asked.Release();
        return new(this, _read.Version);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => _socket.Receive(buffer, offset, count, SocketFlags.None);

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            buffer = buffer[await _socket.SendAsync(buffer, SocketFlags.None, cancellationToken).ConfigureAwait(false)..];
        }
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

    private Thread Start()
    {
        var thread = new Thread(Run) { IsBackground = true, Name = "Maildrop.Locking Redis reader" };
        thread.UnsafeStart();
        return thread;
    }

    private void Run()
    {
        while (true)
        {
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
