using Maildrop.Locking.Files;
using Maildrop.Locking.Testing;

namespace Maildrop.Locking.Tests.Files;

/// <summary>The contracts on files.</summary>
public sealed class FileContractTests : MaildropLockContract
{
    protected override LockTestBackend CreateBackend() => new FileBackend();
}

public sealed class FileSilenceContractTests : SilenceContract
{
    protected override LockTestBackend CreateBackend() => new FileBackend();
}

public sealed class FileSharedContractTests : SharedBackendContract
{
    protected override LockTestBackend CreateBackend() => new FileBackend();
}

internal sealed class FileBackend : FakeTimeBackend
{
    private readonly Dictionary<MaildropLock, CutOffStore> _ways = [];
    private readonly TemporaryDirectory _directory = new();

    public override int Races => Iterations.Of(20, 3400);

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
        var way = new CutOffStore(new FileMaildropStore(options, Time));
        var host = new StoredMaildropLock(way, options, Time);
        _ways.Add(host, way);
        return host;
    }
}
