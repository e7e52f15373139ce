namespace Maildrop.Locking.SampleHost.Pop3;

/// <summary>Log lines about sessions. The log says which session blocks another. A client is never told.</summary>
internal static partial class Pop3Log
{
    [LoggerMessage(1, LogLevel.Information, "{User}: maildrop locked, fencing token {FencingToken}.")]
    public static partial void Granted(ILogger logger, string user, long fencingToken);

    [LoggerMessage(2, LogLevel.Information, "{User}: maildrop refused, {Status}, {Explanation} ({Cause}); held by {BlockedBy}, try again in {RetryAfter}.")]
    public static partial void Refused(
        ILogger logger,
        string user,
        MaildropLockStatus status,
        string explanation,
        MaildropRefusalCause cause,
        MaildropHolder? blockedBy,
        TimeSpan? retryAfter,
        Exception? error);

    [LoggerMessage(3, LogLevel.Information, "{User}: wrong user name or password.")]
    public static partial void LoginFailed(ILogger logger, string user);

    [LoggerMessage(4, LogLevel.Error, "{User}: the Maildir cannot be read.")]
    public static partial void MaildirUnreadable(ILogger logger, string user, Exception exception);

    [LoggerMessage(7, LogLevel.Information, "The maildrop is lost to this session: {Reason}.")]
    public static partial void Lost(ILogger logger, MaildropLeaseLoss reason);

    [LoggerMessage(8, LogLevel.Debug, "The connection ended: {Reason}")]
    public static partial void Ended(ILogger logger, string reason);

    [LoggerMessage(9, LogLevel.Error, "The session failed.")]
    public static partial void Failed(ILogger logger, Exception exception);

    /// <summary>Explains the cause of a refusal, for support when the user calls.</summary>
    public static string Explain(MaildropRefusalCause cause) => cause switch
    {
        MaildropRefusalCause.SilentSession => "the client is back while its old session is silent: its connection has probably died",
        MaildropRefusalCause.ParallelSession => "another program at the same address reads the mail just now",
        MaildropRefusalCause.OtherAddress => "a device at another address reads the mail just now",
        MaildropRefusalCause.TooFrequent => "the client logs in too often",
        MaildropRefusalCause.Backend => "the store of the leases does not answer",
        _ => "the cause is not known",
    };
}
