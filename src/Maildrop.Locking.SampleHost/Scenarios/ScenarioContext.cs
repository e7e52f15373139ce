using Maildrop.Locking.SampleHost.Hosting;

namespace Maildrop.Locking.SampleHost.Scenarios;

/// <summary>What all scenarios have in common.</summary>
/// <param name="Timeline">Where they are told.</param>
/// <param name="Store">Where their hosts keep leases.</param>
/// <param name="End">When all of them have to be over.</param>
internal sealed record ScenarioContext(Timeline Timeline, LockStoreOption Store, CancellationToken End);
