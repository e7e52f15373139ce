using Maildrop.Locking.Storage;
using Maildrop.Locking.Testing;

namespace Maildrop.Locking.Tests.Storage;

// README: begin
public sealed class DictionaryStoreContractTests : MaildropLockContract
{
    protected override LockTestBackend CreateBackend() => new DictionaryBackend();
}

public sealed class DictionaryStoreSilenceContractTests : SilenceContract
{
    protected override LockTestBackend CreateBackend() => new DictionaryBackend();
}

public sealed class DictionaryStoreSharedContractTests : SharedBackendContract
{
    protected override LockTestBackend CreateBackend() => new DictionaryBackend();
}

internal sealed class DictionaryBackend : FakeTimeBackend
{
    private readonly Dictionary<MaildropLock, CutOffStore> _ways = [];
    private SharedState? _state;

    public override void CutOff(MaildropLock host) => _ways[host].Cut();

    protected override MaildropLock Create(Action<MaildropLockOptions> configure)
    {
        var options = new MaildropLockOptions();
        configure(options);
        var way = new CutOffStore(new DictionaryStore(_state ??= new(Time)).Join());
        var host = new StoredMaildropLock(way, options, Time);
        _ways.Add(host, way);
        return host;
    }
}
// README: end
