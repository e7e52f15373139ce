using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Tests.Nemesis.Worker;

/// <summary>When the store of a host misbehaves.</summary>
internal sealed class StoreFaults(Action<string> report)
{
    // A renewal of each lease of 2 s, and its reply before the lease is over.
    private const int StillArrives = 700;
    private const int LatestReply = 1500;

    private long _losesUntil;
    private long _hangsUntil;
    private long _arrivesUntil;
    private long _isSlowUntil;

    private int HangsFor => (int)(Volatile.Read(ref _hangsUntil) - Environment.TickCount64);

    /// <summary>Requests and replies are lost.</summary>
    public void Lose(TimeSpan time) => Volatile.Write(ref _losesUntil, Environment.TickCount64 + (long)time.TotalMilliseconds);

    /// <summary>First replies are late, then no request arrives.</summary>
    public void Hang(TimeSpan time)
    {
        Volatile.Write(ref _arrivesUntil, Environment.TickCount64 + StillArrives);
        Volatile.Write(ref _hangsUntil, Environment.TickCount64 + (long)time.TotalMilliseconds);
    }

    public void Slow(TimeSpan time) => Volatile.Write(ref _isSlowUntil, Environment.TickCount64 + (long)time.TotalMilliseconds);

    /// <summary>What a backend may rely on: a batch is of one group.</summary>
    public void CheckBatch(ReadOnlySpan<RenewRequest> requests, MaildropStore store)
    {
        foreach (var request in requests)
        {
            if (store.GetGroup(request.Maildrop) != store.GetGroup(requests[0].Maildrop))
            {
                report($"A batch has maildrops of two groups: {requests[0].Maildrop} and {request.Maildrop}.");
                return;
            }
        }
    }

    /// <summary>On the way to the backend: the request is lost, or late.</summary>
    public async ValueTask SendAsync()
    {
        if (Environment.TickCount64 < Volatile.Read(ref _losesUntil))
        {
            switch (Random.Shared.Next(5))
            {
                case 0: throw new MaildropStoreException("The request was lost.");
                case 1: await Task.Delay(Random.Shared.Next(1, 200)); break;
            }
        }

        if (HangsFor is > 0 and var rest && Environment.TickCount64 > Volatile.Read(ref _arrivesUntil))
        {
            await Task.Delay(rest);
            throw new MaildropStoreException("The request was lost.");
        }
    }

    /// <summary>On the way back: the backend has done it, and nobody hears of it, or much later.</summary>
    public async ValueTask ReceiveAsync()
    {
        if (Environment.TickCount64 < Volatile.Read(ref _losesUntil) && Random.Shared.Next(3) == 0)
        {
            throw new MaildropStoreException("The reply was lost.");
        }

        if (Environment.TickCount64 < Volatile.Read(ref _isSlowUntil))
        {
            await Task.Delay(Random.Shared.Next(1, 40));
        }

        if (HangsFor is > 0 and var rest)
        {
            await Task.Delay(Random.Shared.Next(Math.Min(rest, LatestReply)));
        }
    }
}

/// <summary>A store whose requests and replies are lost or late while its faults say so.</summary>
internal sealed class UnreliableStore : MaildropStore
{
    private readonly MaildropStore _inner;
    private readonly StoreFaults _faults;

    public UnreliableStore(MaildropStore inner, StoreFaults faults)
    {
        (_inner, _faults) = (inner, faults);
        inner.HolderListener = NotifyHolder;
        inner.RestoredListener = NotifyRestored;
    }

    public override int GroupCount => 4;

    public override int GetGroup(MaildropName maildrop) => maildrop.Value[^1] % GroupCount;

    public override async ValueTask<AcquireResult> AcquireAsync(AcquireRequest request, CancellationToken cancellationToken)
    {
        await _faults.SendAsync();
        var result = await _inner.AcquireAsync(request, cancellationToken);
        await _faults.ReceiveAsync();
        return result;
    }

    public override async ValueTask RenewAsync(ReadOnlyMemory<RenewRequest> requests, Memory<RenewResult> results, CancellationToken cancellationToken)
    {
        _faults.CheckBatch(requests.Span, this);
        await _faults.SendAsync();
        var answers = new RenewResult[results.Length];
        await _inner.RenewAsync(requests, answers, cancellationToken);
        await _faults.ReceiveAsync();
        answers.CopyTo(results);
    }

    public override async ValueTask ReleaseAsync(ReleaseRequest request, CancellationToken cancellationToken)
    {
        await _faults.SendAsync();
        await _inner.ReleaseAsync(request, cancellationToken);
        await _faults.ReceiveAsync();
    }

    public override async ValueTask<bool> RevokeAsync(MaildropName maildrop, long fencingToken, CancellationToken cancellationToken)
    {
        await _faults.SendAsync();
        return await _inner.RevokeAsync(maildrop, fencingToken, cancellationToken);
    }

    public override ValueTask<IReadOnlyList<HolderEntry>> FindAsync(MaildropName maildrop, CancellationToken cancellationToken) => _inner.FindAsync(maildrop, cancellationToken);

    public override IAsyncEnumerable<MaildropRecord> ListAsync(CancellationToken cancellationToken) => _inner.ListAsync(cancellationToken);

    public override async ValueTask<IAsyncDisposable> WatchAsync(MaildropName maildrop, Action changed, CancellationToken cancellationToken)
    {
        await _faults.SendAsync();
        return await _inner.WatchAsync(maildrop, changed, cancellationToken);
    }

    public override ValueTask DisposeAsync() => _inner.DisposeAsync();
}
