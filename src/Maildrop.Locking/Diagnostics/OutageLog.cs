using Maildrop.Locking.Engine;
using Microsoft.Extensions.Logging;

namespace Maildrop.Locking.Diagnostics;

/// <summary>
/// Tells the log when a backend stops answering those who ask for maildrops, and when it answers again. Once a minute at most: a backend
/// that fails for one maildrop and works for the others does so with every login.
/// </summary>
internal sealed class OutageLog(ILogger logger, LeaseClock clock)
{
    private readonly long _pause = clock.ToUnits(TimeSpan.FromMinutes(1));
    private readonly Lock _gate = new();
    private long _quietUntil = long.MinValue;
    private bool _isTold;

    public void Failed(Exception fault)
    {
        lock (_gate)
        {
            var now = clock.Now;
            if (_isTold || now < _quietUntil)
            {
                return;
            }

            _quietUntil = now + _pause;
            Volatile.Write(ref _isTold, true);
        }

        Log.BackendUnavailable(logger, fault);
    }

    public void Answered()
    {
        if (!Volatile.Read(ref _isTold))
        {
            return;
        }

        lock (_gate)
        {
            if (!_isTold)
            {
                return;
            }

            _isTold = false;
        }

        Log.BackendAnswers(logger);
    }
}
