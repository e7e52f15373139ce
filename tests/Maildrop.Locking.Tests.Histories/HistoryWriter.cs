using System.Text;

namespace Maildrop.Locking.Tests.Histories;

/// <summary>
/// Appends events to a file of its own process. Each is one write call that is with the kernel when it returns, so that a kill costs no event
/// that was written, and tears at most the last line.
/// </summary>
public sealed class HistoryWriter : IDisposable
{
    private readonly FileStream _file;
    private readonly Lock _lock = new();

    public HistoryWriter(string path) =>
        _file = new FileStream(path, new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, Share = FileShare.Read, BufferSize = 0 });

    public void Write(HistoryEvent happened)
    {
        var line = Encoding.ASCII.GetBytes(HistoryFormat.Write(happened));
        lock (_lock)
        {
            _file.Write(line);
        }
    }

    public void Dispose() => _file.Dispose();
}
