using Microsoft.Win32.SafeHandles;

namespace Maildrop.Locking.Files;

/// <summary>A record's file while this process has it locked: no other process reads it to change it, or changes it.</summary>
internal sealed class RecordFile : IDisposable
{
    private const int TypicalSize = 1024;
    private const int PageSize = 4096;
    private readonly LockedFile _file;
    private byte[] _content = [];

    private RecordFile(LockedFile file) => _file = file;

    /// <summary>Locks a record's file, and makes it where it is missing; null while another has it locked.</summary>
    /// <exception cref="IOException">It cannot be opened or locked.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened.</exception>
    public static RecordFile? TryLock(string path)
    {
        LockedFile? file;
        try
        {
            file = LockedFile.TryLock(path);
        }
        catch (DirectoryNotFoundException)
        {
            DirectoryValidator.CreateFolder(Path.GetDirectoryName(path)!);
            file = LockedFile.TryLock(path);
        }

        return file is null ? null : new RecordFile(file);
    }

    /// <summary>Reads a file that another process may be writing; null when it is gone, or locked where that bars readers.</summary>
    public static byte[]? ReadUnlocked(string path)
    {
        using var handle = LockedFile.TryOpenUnlocked(path);
        return handle is null ? null : ReadAll(handle);
    }

    public byte[] Read() => _content = ReadAll(_file.Handle);

    private static byte[] ReadAll(SafeFileHandle handle)
    {
        var buffer = new byte[TypicalSize];
        var read = RandomAccess.Read(handle, buffer, 0);
        if (read == buffer.Length && RandomAccess.GetLength(handle) is var length && length > read)
        {
            buffer = new byte[length];
            read = RandomAccess.Read(handle, buffer, 0);
        }

        return read == buffer.Length ? buffer : buffer[..read];
    }

    /// <summary>Writes a record in one call, so that a process that is killed leaves the old one or the new one.</summary>
    /// <exception cref="RecordWriteException">It was not written. Says whether the old one is still there.</exception>
    public void Write(byte[] content)
    {
        try
        {
            RandomAccess.Write(_file.Handle, content, 0);
            if (_content.Length > content.Length + PageSize)
            {
                RandomAccess.SetLength(_file.Handle, content.Length);
            }
        }
        catch (Exception ex) when (FileErrors.IsFileError(ex))
        {
            throw new RecordWriteException(ex, TryRestore());
        }
    }

    public void Dispose() => _file.Dispose();

    /// <summary>Writes back what was there, for which the file has its space.</summary>
    private bool TryRestore()
    {
        try
        {
            RandomAccess.Write(_file.Handle, _content, 0);
            if (_content.Length == 0)
            {
                RandomAccess.SetLength(_file.Handle, 0);
            }

            return true;
        }
        catch (Exception ex) when (FileErrors.IsFileError(ex))
        {
            return false;
        }
    }
}

/// <summary>A record was not written.</summary>
internal sealed class RecordWriteException(Exception cause, bool isRestored) : Exception(cause.Message, cause)
{
    /// <summary>Whether the record that was there before is there again, so that nothing was carried out.</summary>
    public bool IsRestored { get; } = isRestored;
}
