using Maildrop.Locking.SampleHost.Hosting;

namespace Maildrop.Locking.SampleHost.Scenarios;

/// <summary>Gives each scenario its own folder or key prefix in the common store.</summary>
internal static class ScenarioStore
{
    public static LockStoreOption ForScenario(this LockStoreOption store)
    {
        var name = "scenario-" + Guid.NewGuid().ToString("N")[..8];
        return store.Kind switch
        {
            "files" => store with { Target = Path.Combine(store.Target, name) },
            "redis" => store with { KeyPrefix = $"{(store.KeyPrefix.Length == 0 ? "maildrop" : store.KeyPrefix)}:{name}" },
            _ => store,
        };
    }

    /// <summary>Deletes a scenario's folder. Keys in Redis expire.</summary>
    public static void DeleteScenario(this LockStoreOption store)
    {
        if (store.Kind == "files")
        {
            Directory.Delete(store.Target, recursive: true);
        }
    }
}
