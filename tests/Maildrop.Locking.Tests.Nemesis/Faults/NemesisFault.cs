namespace Maildrop.Locking.Tests.Nemesis.Faults;

/// <summary>A fault that can be made, and made good again.</summary>
/// <param name="Name">Its name in the table, and for <c>--only</c>.</param>
/// <param name="MakeAsync">Makes it on one host, for as long as it takes, and is drawn from the random numbers that it is given.</param>
/// <param name="Weight">How often it is made, beside others.</param>
internal sealed record NemesisFault(string Name, Func<NemesisHost, Random, Task> MakeAsync, int Weight = 1);
