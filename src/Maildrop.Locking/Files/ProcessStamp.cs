namespace Maildrop.Locking.Files;

/// <summary>
/// Which lock of which process on which machine wrote an entry, so that another process can see whether it still lives, and wake it.
/// </summary>
/// <param name="Boot">The run of the machine's kernel.</param>
/// <param name="ClockSpace">The time namespace: within one of one boot, monotonic clocks are the same.</param>
/// <param name="PidSpace">The pid namespace: within one of one boot, process ids mean the same.</param>
/// <param name="Machine">The machine, through its reboots.</param>
/// <param name="Pid">The process.</param>
/// <param name="StartedAt">When it was started, in the system's own unit: ids are used again.</param>
/// <param name="Instance">The lock.</param>
/// <param name="Port">Where the lock is told of changes: a port of the loopback interface, or zero for its socket file.</param>
internal readonly record struct ProcessStamp(
    UInt128 Boot, uint ClockSpace, uint PidSpace, ulong Machine, int Pid, long StartedAt, ulong Instance, ushort Port)
{
    public const int Size = 16 + 4 + 4 + 8 + 4 + 8 + 8 + 2;

    public bool IsSameProcess(in ProcessStamp other) =>
        Pid == other.Pid && StartedAt == other.StartedAt && Boot == other.Boot && PidSpace == other.PidSpace;

    /// <summary>Whether both read the same monotonic clock.</summary>
    public bool SharesClockWith(in ProcessStamp other) => Boot == other.Boot && ClockSpace == other.ClockSpace;

    public bool SharesPidsWith(in ProcessStamp other) => Boot == other.Boot && PidSpace == other.PidSpace;
}
