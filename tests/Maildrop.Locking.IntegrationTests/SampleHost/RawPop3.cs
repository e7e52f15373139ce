using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Maildrop.Locking.Tests.SampleHost;

/// <summary>A connection to the sample host that says whatever a test wants.</summary>
internal sealed class RawPop3 : IDisposable
{
    /// <summary>How long a test waits for something that comes at once.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Socket _socket;
    private Stream _stream;
    private StreamReader _reader;

    private RawPop3(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
        _reader = new StreamReader(_stream, Encoding.Latin1);
    }

    /// <summary>Connects.</summary>
    /// <param name="endPoint">Where the host listens.</param>
    /// <param name="receiveBuffer">The socket's receive buffer; null for the system's own.</param>
    /// <param name="from">The address to connect from; null for the one that the system chooses.</param>
    public static async Task<RawPop3> ConnectAsync(IPEndPoint endPoint, int? receiveBuffer = null, IPAddress? from = null)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (from is not null)
        {
            socket.Bind(new IPEndPoint(from, 0));
        }

        if (receiveBuffer is { } size)
        {
            socket.ReceiveBufferSize = size;
        }

        await socket.ConnectAsync(endPoint, TestContext.Current.CancellationToken);
        return new(socket);
    }

    /// <summary>Encrypts the connection, and trusts one certificate only.</summary>
    public async Task EncryptAsync(X509Certificate2 trusted)
    {
        var tls = new SslStream(_stream);
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions { TargetHost = "localhost", RemoteCertificateValidationCallback = (_, certificate, _, _) => trusted.Equals(certificate) },
            TestContext.Current.CancellationToken);
        _stream = tls;
        _reader = new StreamReader(tls, Encoding.Latin1);
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

    /// <summary>Reads and drops octets of a reply.</summary>
    public async Task SkipAsync(int octets)
    {
        var buffer = new char[octets];
        await _reader.ReadBlockAsync(buffer, TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    /// <summary>What the host sends until it closes the connection.</summary>
    public async Task<string[]> ReadToEndAsync()
    {
        var lines = new List<string>();
        while (await ReadAsync() is { } line)
        {
            lines.Add(line);
        }

        return [.. lines];
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
