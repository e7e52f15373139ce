using System.Diagnostics;
using Maildrop.Locking.Tests.Histories;

namespace Maildrop.Locking.Tests.Nemesis.Worker;

/// <summary>Notes when this process had no processor for a time: on a busy machine that is a pause that nobody made.</summary>
internal sealed class StallWatch : IDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Stall = TimeSpan.FromMilliseconds(250);
    private readonly HistoryWriter _history;
    private readonly string _process;
    private readonly Thread _thread;
    private volatile bool _stopped;

    public StallWatch(HistoryWriter history, string process)
    {
        (_history, _process) = (history, process);
        _thread = new Thread(Run) { IsBackground = true, Name = "stall watch" };
        _thread.Start();
    }

    public void Dispose()
    {
        _stopped = true;
        _thread.Join();
    }

    private void Run()
    {
        while (!_stopped)
        {
            var before = Stopwatch.GetTimestamp();
            Thread.Sleep(Tick);
            if (Stopwatch.GetElapsedTime(before) > Stall)
            {
                _history.Write(new Fault(before, "stall", _process, Stopwatch.GetTimestamp() + (Stopwatch.Frequency / 4), EndsLeases: true, DelaysWaiters: true));
            }
        }
    }
}
