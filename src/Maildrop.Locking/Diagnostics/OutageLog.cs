namespace Maildrop.Locking.Diagnostics;

/// <summary>
/// Reports an outage of a backend once when it begins and once when it ends. It ends when an answer comes and no call has failed for a while. A backend that
/// fails for one maildrop and works for the others, or that fails over, is one outage.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="began">Reports the beginning.</param>
/// <param name="ended">Reports the end.</param>
internal sealed class OutageLog(TimeProvider time, Action<Exception> began, Action ended)
{
    private static readonly TimeSpan QuietTime = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private long _lastFailureAt;
    private bool _isOut;

    public void Failed(Exception ex)
    {
        lock (_lock)
        {
            _lastFailureAt = time.GetTimestamp();
            if (_isOut)
            {
                return;
            }

            Volatile.Write(ref _isOut, true);
        }

        began(ex);
    }

    public void Answered()
    {
        if (!Volatile.Read(ref _isOut))
        {
            return;
        }

        lock (_lock)
        {
            if (!_isOut || time.GetElapsedTime(_lastFailureAt) < QuietTime)
            {
                return;
            }

            _isOut = false;
        }

        ended();
    }
}
