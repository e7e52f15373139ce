using Maildrop.Locking.SampleHost.Hosting;

namespace Maildrop.Locking.SampleHost.Scenarios;

/// <summary>The common settings of all scenarios.</summary>
/// <param name="Timeline">Prints them.</param>
/// <param name="Store">The store of their hosts.</param>
/// <param name="End">Is cancelled when all of them have to be over.</param>
internal sealed record ScenarioContext(Timeline Timeline, LockStoreOption Store, CancellationToken End);
