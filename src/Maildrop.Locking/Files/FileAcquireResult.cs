using Maildrop.Locking.Storage;

namespace Maildrop.Locking.Files;

/// <summary>What became of a request for a lease.</summary>
/// <param name="Answer">The answer.</param>
/// <param name="Marked">Whose processes are to be told that they were taken over, where there are some.</param>
internal readonly record struct FileAcquireResult(AcquireResult Answer, List<HolderEntry>? Marked = null);
