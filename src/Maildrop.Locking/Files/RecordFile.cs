using Microsoft.Win32.SafeHandles;

namespace Maildrop.Locking.Files;

/// <summary>A record's file while this process has it locked. No other process changes it, or reads it in order to change it.</summary>
internal sealed class RecordFile : IDisposable
{
    private const int TypicalSize = 1024;
    private const int PageSize = 4096;
    private readonly LockedFile _file;
    private byte[] _content = [];

    private RecordFile(LockedFile file) => _file = file;

    /// <summary>Locks a record's file, and creates it if it is missing. Returns null while the file is already locked.</summary>
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

    /// <summary>Reads a file that another process may be writing. Returns null when the file is gone, or when its lock bars readers.</summary>
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

    /// <summary>Writes a record in one call, so that a killed process leaves either the old record or the new one.</summary>
    /// <exception cref="RecordWriteException">The record was not written. The exception says whether the old record is still there.</exception>
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

    /// <summary>Writes the old content back. The file already has the space for it.</summary>
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
    /// <summary>Whether the old record is there again, so that the operation had no effect.</summary>
    public bool IsRestored { get; } = isRestored;
}
