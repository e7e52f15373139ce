using System.Diagnostics;
using Maildrop.Locking.Engine;

namespace Maildrop.Locking.Diagnostics;

/// <summary>One request for a maildrop as metrics and traces see it, from its beginning to its answer.</summary>
internal readonly struct AcquireInstrumentation : IDisposable
{
    private static readonly ActivitySource Source = new(Instruments.Name, typeof(AcquireInstrumentation).Assembly.GetName().Version?.ToString(3));

    private readonly Metrics _metrics;
    private readonly LeaseClock _clock;
    private readonly MaildropLockRequest _request;
    private readonly Activity? _activity;
    private readonly long _begunAt;

    private AcquireInstrumentation(Metrics metrics, LeaseClock clock, MaildropLockRequest request)
    {
        _metrics = metrics;
        _clock = clock;
        _request = request;
        _begunAt = clock.Now;
        _activity = Source.StartActivity("maildrop.lock.acquire");
        if (_activity is { IsAllDataRequested: true })
        {
            _activity.SetTag(TagValues.Backend, metrics.Backend);
            _activity.SetTag(TagValues.Access, TagValues.For(request.Access));
            _activity.SetTag(TagValues.Wait, request.Wait.TotalSeconds);
        }
    }

    /// <summary>Whether anybody looks: asked on the path that is measured in nanoseconds.</summary>
    public static bool IsWanted(Metrics metrics) => metrics.TimesAcquires || Source.HasListeners();

    /// <summary>Begin it in an async method, so that its activity is the current one no longer than that.</summary>
    public static AcquireInstrumentation Begin(Metrics metrics, LeaseClock clock, MaildropLockRequest request) => new(metrics, clock, request);

    public void End(MaildropLease answer)
    {
        if (answer.IsAcquired)
        {
            _activity?.SetTag(TagValues.FencingToken, answer.FencingToken);
        }

        if (answer.Error is { } fault)
        {
            // No message: it may name a file, and so a maildrop.
            _activity?.SetTag(TagValues.ErrorType, fault.GetType().FullName);
            _activity?.SetStatus(ActivityStatusCode.Error);
        }

        End(TagValues.For(answer.Status));
    }

    public void End(Exception thrown)
    {
        _activity?.SetTag(TagValues.ErrorType, thrown.GetType().FullName);
        _activity?.SetStatus(ActivityStatusCode.Error);
        End(thrown is OperationCanceledException ? TagValues.Cancelled : TagValues.Failed);
    }

    public void Dispose() => _activity?.Dispose();

    private void End(string status)
    {
        _activity?.SetTag(TagValues.Status, status);
        _metrics.Acquired(_request.Access, status, _clock.ToTimeSpan(_clock.Now - _begunAt));
    }
}
