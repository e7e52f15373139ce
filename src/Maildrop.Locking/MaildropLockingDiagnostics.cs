namespace Maildrop.Locking;

/// <summary>The names that an exporter of metrics and traces is told.</summary>
public static class MaildropLockingDiagnostics
{
    /// <summary>The meter of all locks: <c>AddMeter(MaildropLockingDiagnostics.MeterName)</c>.</summary>
    public const string MeterName = "Maildrop.Locking";

    /// <summary>The activity source of all locks: <c>AddSource(MaildropLockingDiagnostics.ActivitySourceName)</c>.</summary>
    public const string ActivitySourceName = "Maildrop.Locking";
}
