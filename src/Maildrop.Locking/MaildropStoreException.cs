namespace Maildrop.Locking;

/// <summary>
/// The exception for an operation that a backend could not carry out. The message says what an operator can do, and <see cref="Exception.InnerException"/> is
/// the cause.
/// </summary>
public class MaildropStoreException : Exception
{
    /// <summary>Creates the exception.</summary>
    public MaildropStoreException()
        : base("The backend of the maildrop lock could not carry out the operation.")
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What failed, and what an operator can do about it.</param>
    public MaildropStoreException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What failed, and what an operator can do about it.</param>
    /// <param name="innerException">The cause.</param>
    public MaildropStoreException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Whether the operation may have succeeded nevertheless. If so, the lock releases the lease that it may have been granted.</summary>
    /// <value>The default value is <see langword="true"/>.</value>
    public bool IsOutcomeUnknown { get; init; } = true;
}
