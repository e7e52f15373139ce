namespace Maildrop.Locking;

/// <summary>The names to pass to an exporter of metrics and traces.</summary>
public static class MaildropLockingDiagnostics
{
    /// <summary>The meter of all locks: <c>AddMeter(MaildropLockingDiagnostics.MeterName)</c>.</summary>
    public const string MeterName = "Maildrop.Locking";

    /// <summary>The activity source of all locks: <c>AddSource(MaildropLockingDiagnostics.ActivitySourceName)</c>.</summary>
    public const string ActivitySourceName = "Maildrop.Locking";
}
