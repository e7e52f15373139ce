namespace Maildrop.Locking.Files;

/// <summary>What was found in a record's file.</summary>
internal enum RecordState
{
    /// <summary>A record.</summary>
    Valid,

    /// <summary>Nothing: no record was ever written there, or the file system lost it with the power.</summary>
    Empty,

    /// <summary>Something that is no record of this version, or only a part of one.</summary>
    Corrupt,

    /// <summary>The record of another maildrop.</summary>
    WrongMaildrop,
}
