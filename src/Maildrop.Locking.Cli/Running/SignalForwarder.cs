using System.Runtime.InteropServices;
using Maildrop.Locking.Cli.Errors;

namespace Maildrop.Locking.Cli.Running;

/// <summary>Forwards signals to the command while it runs. An earlier signal ends the wait for the lease.</summary>
internal sealed class SignalForwarder : IDisposable
{
    private readonly CancellationTokenSource _received = new();
    private readonly PosixSignalRegistration[] _registrations;
    private readonly Lock _lock = new();
    private ChildCommand? _child;
    private int _first;

    public SignalForwarder() => _registrations = [.. SignalNumber.All.Select(signal => PosixSignalRegistration.Create(signal, OnSignal))];

    /// <summary>Is cancelled by a signal that arrives before the command runs.</summary>
    public CancellationToken Received => _received.Token;

    /// <summary>The exit code for that signal.</summary>
    public int ExitCode => Errors.ExitCode.Signalled + Volatile.Read(ref _first);

    public void ForwardTo(ChildCommand child)
    {
        lock (_lock)
        {
            _child = child;
            if (_first != 0)
            {
                child.Signal(_first);
            }
        }
    }

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        _received.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        var number = SignalNumber.Of(context.Signal);
        lock (_lock)
        {
            if (_child is null)
            {
                _first = _first == 0 ? number : _first;
                _received.Cancel();
            }
            else if (!IsFromTerminal(context.Signal))
            {
                _child.Signal(number);
            }
        }
    }

    /// <summary>A terminal sends the signals of its keys to the command too.</summary>
    private static bool IsFromTerminal(PosixSignal signal) => signal is PosixSignal.SIGINT or PosixSignal.SIGQUIT && !Console.IsInputRedirected;
}
