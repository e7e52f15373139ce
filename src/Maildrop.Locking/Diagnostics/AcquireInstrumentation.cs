using System.Diagnostics;

namespace Maildrop.Locking.Diagnostics;

/// <summary>Measures and traces one request for a maildrop, from its beginning to its answer.</summary>
internal readonly struct AcquireInstrumentation : IDisposable
{
    private static readonly ActivitySource Source = new(MaildropLockingDiagnostics.ActivitySourceName, typeof(AcquireInstrumentation).Assembly.GetName().Version?.ToString(3));

    private readonly Metrics _metrics;
    private readonly TimeProvider _time;
    private readonly MaildropLockRequest _request;
    private readonly Activity? _activity;
    private readonly long _begunAt;

    private AcquireInstrumentation(Metrics metrics, TimeProvider time, MaildropLockRequest request)
    {
        _metrics = metrics;
        _time = time;
        _request = request;
        _begunAt = time.GetTimestamp();
        var activity = Start("maildrop.lock.acquire", metrics);
        if (activity is { IsAllDataRequested: true })
        {
            activity.SetTag(TagValues.Access, TagValues.For(request.Access));
            activity.SetTag(TagValues.Wait, request.Wait.TotalSeconds);
        }

        _activity = activity;
    }

    /// <summary>Whether any listener exists. Called on the path that is measured in nanoseconds.</summary>
    public static bool IsWanted(Metrics metrics) => metrics.TimesAcquires || Source.HasListeners();

    /// <summary>Begins. Call it in an async method, so that its activity stops being current when the method ends.</summary>
    public static AcquireInstrumentation Begin(Metrics metrics, TimeProvider time, MaildropLockRequest request) => new(metrics, time, request);

    /// <summary>Starts the activity of a request to enter UPDATE; null without a listener.</summary>
    public static IDisposable? StartUpdate(Metrics metrics) => Source.HasListeners() && Start("maildrop.lock.begin_update", metrics) is { } activity ? new Ending(activity) : null;

    public void End(MaildropLease answer)
    {
        if (answer.IsAcquired)
        {
            _activity?.SetTag(TagValues.FencingToken, answer.FencingToken);
        }

        if (answer.Error is { } error)
        {
            // No message: it may name a file, and so a maildrop.
            _activity?.SetTag(TagValues.ErrorType, error.GetType().FullName);
            _activity?.SetStatus(ActivityStatusCode.Error);
        }

        End(TagValues.For(answer.Status));
    }

    public void End(Exception ex)
    {
        _activity?.SetTag(TagValues.ErrorType, ex.GetType().FullName);
        _activity?.SetStatus(ActivityStatusCode.Error);
        End(ex is OperationCanceledException ? TagValues.Cancelled : TagValues.Failed);
    }

    public void Dispose()
    {
        if (_activity is { } activity)
        {
            HostCalls.Try(activity.Dispose);
        }
    }

    /// <summary>Runs on the session's own thread, because the activity is current there. A listener is host code, so exceptions are dropped.</summary>
    private static Activity? Start(string name, Metrics metrics)
    {
        Activity? activity = null;
        HostCalls.Try(() =>
        {
            activity = Source.StartActivity(name);
            activity?.SetTag(TagValues.Backend, metrics.Backend);
            if (metrics.LockName is not null)
            {
                activity?.SetTag(TagValues.LockName, metrics.LockName);
            }
        });
        return activity;
    }

    private void End(string status)
    {
        _activity?.SetTag(TagValues.Status, status);
        _metrics.Acquired(_request.Access, status, _time.GetElapsedTime(_begunAt));
    }

    private sealed class Ending(Activity activity) : IDisposable
    {
        public void Dispose() => HostCalls.Try(activity.Dispose);
    }
}
