using Maildrop.Locking.Files;
using Maildrop.Locking.Storage;
using Maildrop.Locking.Testing;
using Maildrop.Locking.Tests.Storage;

namespace Maildrop.Locking.Tests.Files;

/// <summary>The contract on files, with hosts that tell each other by socket files.</summary>
public sealed class FileContractTests : SharedBackendContract
{
    protected override LockBackend CreateBackend() => new FileBackend(useSocketFile: true);
}

/// <summary>The contract on files, with hosts that tell each other over the loopback interface, as they do on Windows.</summary>
public sealed class FileLoopbackContractTests : SharedBackendContract
{
    protected override LockBackend CreateBackend() => new FileBackend(useSocketFile: false);
}

/// <summary>The contract on files, with sections kept by locks of files, as they are where processes share no memory.</summary>
public sealed class FileLockContractTests : SharedBackendContract
{
    protected override LockBackend CreateBackend() => new FileBackend(useSocketFile: true, sharesMemory: false);
}

internal sealed class FileBackend(bool useSocketFile, bool sharesMemory = true) : FakeTimeBackend
{
    private readonly Dictionary<MaildropLock, CutOffStore> _ways = [];
    private readonly TemporaryDirectory _directory = new();

    public override int Races => TestSize.Of(20, 3400);

    public override void CutOff(MaildropLock host) => _ways[host].Cut();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _directory.Dispose();
    }

    protected override MaildropLock Create(Action<MaildropLockOptions> configure)
    {
        var options = new FileMaildropLockOptions { Directory = _directory.Path };
        configure(options);
        var way = new CutOffStore(new FileMaildropStore(options, Time, LocalProcess.Current, useSocketFile, sharesMemory ? SharedMemoryFolder.Find() : null));
        var host = new StoredMaildropLock(way, options, Time);
        _ways.Add(host, way);
        return host;
    }
}
