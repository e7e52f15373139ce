using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Maildrop.Locking.Tests.SampleHost;

/// <summary>A connection to the sample host that says whatever a test wants.</summary>
internal sealed class RawPop3 : IDisposable
{
    /// <summary>How long a test waits for something that comes at once.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Socket _socket;
    private readonly NetworkStream _stream;
    private readonly StreamReader _reader;

    private RawPop3(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
        _reader = new StreamReader(_stream, Encoding.Latin1);
    }

    public static async Task<RawPop3> ConnectAsync(IPEndPoint endPoint, int? receiveBuffer = null)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBuffer is { } size)
        {
            socket.ReceiveBufferSize = size;
        }

        await socket.ConnectAsync(endPoint, TestContext.Current.CancellationToken);
        return new(socket);
    }

    public ValueTask SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    public ValueTask SendAsync(byte[] octets) => _stream.WriteAsync(octets, TestContext.Current.CancellationToken);

    /// <summary>The next line; null when the connection was closed, in whatever way.</summary>
    public async Task<string?> ReadAsync()
    {
        try
        {
            return await _reader.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken);
        }
        catch (IOException)
        {
            return null;
        }
    }

    public async Task<string?> AskAsync(string line)
    {
        await SendAsync(line + "\r\n");
        return await ReadAsync();
    }

    /// <summary>A reply of several lines: what comes before the dot, each line as it is on the wire.</summary>
    public async Task<string[]> AskForLinesAsync(string line)
    {
        var lines = new List<string> { await AskAsync(line) ?? "closed" };
        if (lines[0].StartsWith("+OK", StringComparison.Ordinal))
        {
            while (await ReadAsync() is { } next && next != ".")
            {
                lines.Add(next);
            }
        }

        return [.. lines];
    }

    /// <summary>A reply of several lines, octet by octet, with its last dot.</summary>
    public async Task<string> AskForOctetsAsync(string line)
    {
        await SendAsync(line + "\r\n");
        var text = new StringBuilder();
        var one = new char[1];
        while (!text.ToString().EndsWith("\r\n.\r\n", StringComparison.Ordinal))
        {
            Assert.Equal(1, await _reader.ReadAsync(one, TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken));
            text.Append(one[0]);
        }

        return text.ToString();
    }

    /// <summary>Ends the connection as a crashed program's system does.</summary>
    public void Vanish() => _socket.Dispose();

    /// <summary>No more will be sent from here.</summary>
    public void HalfClose() => _socket.Shutdown(SocketShutdown.Send);

    public void Dispose() => _stream.Dispose();
}
