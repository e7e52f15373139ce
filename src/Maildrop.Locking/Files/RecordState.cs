namespace Maildrop.Locking.Files;

/// <summary>The state of a record's file.</summary>
internal enum RecordState
{
    /// <summary>A record.</summary>
    Valid,

    /// <summary>Nothing: no record was ever written there, or a power loss erased it.</summary>
    Empty,

    /// <summary>Bytes that are not a record of this version, or only part of one.</summary>
    Corrupt,

    /// <summary>The record of another maildrop.</summary>
    WrongMaildrop,
}
