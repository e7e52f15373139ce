namespace Maildrop.Locking.SampleHost.Hosting;

/// <summary>Where leases are kept: what --store names.</summary>
/// <param name="Kind">What comes before the colon.</param>
/// <param name="Target">What comes after it; empty where there is none.</param>
internal sealed record Store(string Kind, string Target)
{
    public static readonly Store Memory = new("memory", "");

    /// <summary>Reads a store as it is written on the command line; null when there is no such store.</summary>
    public static Store? Parse(string text)
    {
        var parts = text.Split(':', 2);
        var store = new Store(parts[0], parts.Length > 1 ? parts[1] : "");
        return store is { Kind: "memory", Target: "" } or { Kind: "files", Target.Length: > 0 } ? store : null;
    }

    /// <summary>The one place that knows which stores there are.</summary>
    public MaildropLockingBuilder AddTo(MaildropLockingBuilder locking) => Kind switch
    {
        "memory" => locking.UseInMemory(),
        "files" => locking.UseFiles(Target),
        _ => throw new InvalidOperationException($"There is no store '{Kind}'."),
    };

    public override string ToString() => Target.Length == 0 ? Kind : $"{Kind}:{Target}";
}
