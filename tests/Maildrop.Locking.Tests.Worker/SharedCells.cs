using System.IO.MemoryMappedFiles;

namespace Maildrop.Locking.Tests.Worker;

/// <summary>Numbers that all processes of a test see and change in atomic steps: a file, mapped into each.</summary>
public sealed unsafe class SharedCells : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly long* _cells;

    public SharedCells(string path, int count)
    {
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.OpenOrCreate, null, (long)count * sizeof(long));
        _view = _file.CreateViewAccessor();
        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        _cells = (long*)start;
    }

    public ref long this[int index] => ref _cells[index];

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }
}
