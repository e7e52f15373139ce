using Maildrop.Locking.SampleHost.Hosting;

namespace Maildrop.Locking.SampleHost.Scenarios;

/// <summary>The common settings of all scenarios.</summary>
/// <param name="Timeline">Prints the scenarios' events.</param>
/// <param name="Store">The store of the scenarios' hosts.</param>
/// <param name="End">Is cancelled when all scenarios must have ended.</param>
internal sealed record ScenarioContext(Timeline Timeline, LockStoreOption Store, CancellationToken End);
