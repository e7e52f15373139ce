using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;

namespace Maildrop.Locking.Tests.Nemesis.Worker;

/// <summary>What a mail store with fencing does: of each maildrop it keeps the highest token, over all processes, and refuses lower ones.</summary>
internal sealed unsafe class FencedStore : IDisposable
{
    private const int Cells = 4096;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;

    public FencedStore(string path)
    {
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.OpenOrCreate, null, Cells * sizeof(long));
        _view = _file.CreateViewAccessor();
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
    }

    public bool TryWrite(int cell, long token)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)cell, (uint)Cells);
        ref var highest = ref Unsafe.AsRef<long>(_start + (cell * sizeof(long)));
        for (var seen = Volatile.Read(ref highest); token >= seen;)
        {
            var found = Interlocked.CompareExchange(ref highest, token, seen);
            if (found == seen)
            {
                return true;
            }

            seen = found;
        }

        return false;
    }

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }
}
