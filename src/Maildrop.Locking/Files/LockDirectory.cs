using System.Security.Cryptography;
using System.Text;

namespace Maildrop.Locking.Files;

/// <summary>The directory of the records: what is made in it, and whether it is still the one that it was at start.</summary>
internal sealed class LockDirectory
{
    public const UnixFileMode FolderMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const string IdentityName = ".maildrop-locking";
    private const string NewFolder = ".new";
    private const int IdentitySize = 32;
    private static readonly TimeSpan LeftoverAge = TimeSpan.FromHours(1);

    private readonly Lock _lock = new();
    private readonly FileClock _clock;
    private readonly long _longestLease;
    private string _identity;
    private (string Identity, long Since)? _replacement;

    /// <summary>Makes the directory if it is missing, checks it, and clears what crashed processes left.</summary>
    public LockDirectory(string path, bool allowNetwork, TimeSpan expiry, FileClock clock)
    {
        Path = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        _clock = clock;
        _longestLease = expiry.Ticks;
        IsLocal = StartChecks.Run(Path, allowNetwork);
        try
        {
            CreateFolder(System.IO.Path.Combine(Path, NewFolder));
            _identity = ReadIdentity(creates: true) ?? throw new IOException($"{IdentityName} cannot be read.");
            foreach (var file in new DirectoryInfo(System.IO.Path.Combine(Path, NewFolder)).EnumerateFiles())
            {
                if (_clock.Provider.GetUtcNow() - file.LastWriteTimeUtc > LeftoverAge)
                {
                    file.Delete();
                }
            }
        }
        catch (Exception fault) when (FileFaults.IsOne(fault))
        {
            throw FileFaults.Of(Path, fault, outcomeUnknown: false);
        }
    }

    public string Path { get; }

    public bool IsLocal { get; }

    /// <summary>Which directory it is: another in its place has another one.</summary>
    public string Identity => Volatile.Read(ref _identity);

    public static void CreateFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, FolderMode);
        }
    }

    /// <summary>
    /// Faults while the directory is gone, and when another is in its place for as long as leases live whose records went with the old one.
    /// </summary>
    public void ThrowIfReplaced()
    {
        lock (_lock)
        {
            var identity = Directory.Exists(Path) ? ReadIdentity(creates: false) : null;
            if (identity == _identity)
            {
                _replacement = null;
                return;
            }

            if (identity is null && Directory.Exists(Path))
            {
                StartChecks.CheckMode(Path);
                CreateFolder(System.IO.Path.Combine(Path, NewFolder));
                identity = ReadIdentity(creates: true);
            }

            if (identity is null)
            {
                _replacement = null;
                throw new MaildropStoreException(
                    $"The lock's directory {Path} is gone. Put it back, or make an empty one with mode 0700; the lock then goes on by itself.")
                { IsOutcomeUnknown = false };
            }

            if (_replacement?.Identity != identity)
            {
                _replacement = (identity, _clock.Now);
            }

            var rest = _longestLease - (_clock.Now - _replacement.Value.Since);
            if (rest > 0)
            {
                throw new MaildropStoreException(
                    $"The lock's directory {Path} was replaced while in use, and the records of leases that are still held went with it. Nothing new is granted for {TimeSpan.FromTicks(rest).TotalSeconds:F0} s more.")
                {
                    IsOutcomeUnknown = false,
                };
            }

            _identity = identity;
            _replacement = null;
        }
    }

    /// <summary>Makes the record of a maildrop that has none, free. It appears with its content or not at all.</summary>
    public void CreateRecord(in RecordPath path, MaildropName maildrop)
    {
        CreateFolder(System.IO.Path.GetDirectoryName(path.Full)!);
        var record = new Record();
        var bytes = new byte[RecordFormat.SizeOf(record, maildrop)];
        RecordFormat.Write(record, maildrop, bytes);
        var made = System.IO.Path.Combine(Path, NewFolder, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)));
        try
        {
            WriteNew(made, bytes);
            if (OperatingSystem.IsWindows())
            {
                // Exclusive here, and only here.
                File.Move(made, path.Full, overwrite: false);
            }
            else if (Native.TryLink(made, path.Full) is null)
            {
                // A file system without links: a crash in the middle leaves a record that cannot be read for the length of a lease.
                WriteNew(path.Full, bytes);
            }
        }
        catch (IOException) when (File.Exists(path.Full))
        {
            // Another was first.
        }
        finally
        {
            File.Delete(made);
        }
    }

    private static void WriteNew(string path, ReadOnlySpan<byte> bytes)
    {
        using var stream = new FileStream(path, NewFile(System.IO.FileMode.CreateNew));
        stream.Write(bytes);
    }

    /// <summary>How files are opened that are made for this user alone.</summary>
    public static FileStreamOptions NewFile(FileMode mode, FileShare share = FileShare.None)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = share, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = FileMode;
        }

        return options;
    }

    private string? ReadIdentity(bool creates)
    {
        var path = System.IO.Path.Combine(Path, IdentityName);
        if (!creates)
        {
            return File.Exists(path) && File.ReadAllText(path) is { Length: >= IdentitySize } text ? text[..IdentitySize] : null;
        }

        var spin = new SpinWait();
        for (var tries = 0; ; tries++)
        {
            try
            {
                using var stream = new FileStream(path, NewFile(System.IO.FileMode.OpenOrCreate));
                var bytes = new byte[IdentitySize];
                if (stream.ReadAtLeast(bytes, IdentitySize, throwOnEndOfStream: false) < IdentitySize)
                {
                    bytes = Encoding.ASCII.GetBytes(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdentitySize / 2)));
                    stream.Position = 0;
                    stream.Write(bytes);
                    stream.Write("\nThis directory's identity. Remove nothing here while a mail host runs.\n"u8);
                }

                return Encoding.ASCII.GetString(bytes);
            }
            catch (IOException) when (tries < 1000)
            {
                // Another process makes it at this moment.
                spin.SpinOnce();
            }
        }
    }
}
