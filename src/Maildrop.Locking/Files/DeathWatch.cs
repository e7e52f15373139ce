using System.Runtime.Versioning;

namespace Maildrop.Locking.Files;

/// <summary>
/// Has the kernel tell when a process ends: a thread that sleeps until one of them does. Linux only; it is there from the first process that
/// is watched on.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class DeathWatch : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ProcessStamp, int> _descriptors = [];
    private readonly List<int> _closing = [];
    private readonly Action _died;
    private int _wake = -1;
    private bool _disposed;

    /// <param name="died">What to call, on the thread, when one has ended.</param>
    public DeathWatch(Action died) => _died = died;

    /// <summary>Watches a process. False when the kernel does not do that, or the process is gone.</summary>
    public bool TryAdd(in ProcessStamp process)
    {
        lock (_lock)
        {
            if (_disposed || (_wake < 0 && !TryStart()))
            {
                return _disposed;
            }

            var descriptor = Native.OpenProcess(process.Pid);
            if (descriptor < 0)
            {
                return false;
            }

            _descriptors.Add(process, descriptor);
            Native.Signal(_wake);
            return true;
        }
    }

    /// <summary>Whether the process is still watched: one that has ended is not.</summary>
    public bool Contains(in ProcessStamp process)
    {
        lock (_lock)
        {
            return _descriptors.ContainsKey(process);
        }
    }

    public void Remove(in ProcessStamp process)
    {
        lock (_lock)
        {
            if (_descriptors.Remove(process, out var descriptor))
            {
                // Closed by the thread, which may be waiting on it.
                _closing.Add(descriptor);
                Native.Signal(_wake);
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            if (_wake >= 0)
            {
                Native.Signal(_wake);
            }
        }
    }

    private bool TryStart()
    {
        _wake = Native.NewEvent();
        if (_wake < 0)
        {
            return false;
        }

        new Thread(Run) { IsBackground = true, Name = "Maildrop.Locking death watch" }.UnsafeStart();
        return true;
    }

    private void Run()
    {
        while (true)
        {
            int[] descriptors;
            lock (_lock)
            {
                if (_disposed)
                {
                    _closing.AddRange(_descriptors.Values);
                    _closing.Add(_wake);
                    _descriptors.Clear();
                    _wake = -1;
                }

                _closing.ForEach(Native.Close);
                _closing.Clear();
                if (_disposed)
                {
                    return;
                }

                descriptors = [_wake, .. _descriptors.Values];
            }

            // Descriptors are closed on this thread only, so these numbers mean what they meant above.
            var ended = Native.WaitForAny(descriptors);
            lock (_lock)
            {
                foreach (var (process, descriptor) in _descriptors)
                {
                    if (ended.Contains(descriptor))
                    {
                        _descriptors.Remove(process);
                        _closing.Add(descriptor);
                    }
                }
            }

            if (ended.Exists(descriptor => descriptor != descriptors[0]))
            {
                _died();
            }
        }
    }
}
