using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Parsing;
using Maildrop.Locking.Cli.Errors;
using Maildrop.Locking.Cli.Output;
using Maildrop.Locking.Cli.Stores;

namespace Maildrop.Locking.Cli.Commands;

/// <summary>The options that every command takes: the store, and output for people or for programs.</summary>
internal sealed class StoreOptions
{
    public const string Variable = "MAILDROP_LOCKS_STORE";

    // The longest acceptable wait after Tab.
    private static readonly TimeSpan CompletionTimeout = TimeSpan.FromSeconds(1);

    private readonly Option<string?> _store = new("--store", "-s")
    {
        HelpName = "STORE",
        Description = $"Where the leases are: {StoreLocation.Rule}. Without it, {Variable} says it, which also keeps a password out of the list of processes.",
        Recursive = true,
    };

    private readonly DurationOption _lease = new("--lease", new MaildropLockOptions().LeaseDuration, "The servers' LeaseDuration.") { Recursive = true };

    private readonly Option<string> _keyPrefix = new("--key-prefix")
    {
        HelpName = "PREFIX",
        Description = "Redis: the servers' KeyPrefix.",
        DefaultValueFactory = static _ => new RedisMaildropLockOptions().KeyPrefix,
        Recursive = true,
    };

    private readonly Option<bool> _trustGarnet = new("--trust-garnet-transactions")
    {
        Description = "Redis: the server is Garnet and runs with --lua --lua-transaction-mode.",
        Recursive = true,
    };

    private readonly Option<bool> _allowNetwork = new("--allow-network-file-system")
    {
        Description = "Files: the directory may be on a network file system.",
        Recursive = true,
    };

    private readonly Option<bool> _json = new("--json")
    {
        Description = "Write JSON, for programs.",
        Recursive = true,
    };

    public StoreOptions() => _store.CompletionSources.Add("files:", "redis:");

    public void AddTo(Command root)
    {
        root.Options.Add(_store);
        root.Options.Add(_json);
        root.Options.Add(_lease);
        root.Options.Add(_keyPrefix);
        root.Options.Add(_trustGarnet);
        root.Options.Add(_allowNetwork);
    }

    public bool IsJson(ParseResult parsed) => parsed.GetValue(_json);

    /// <exception cref="CommandException">No store is given, or the text names no store.</exception>
    public StoreLocation LocationOf(ParseResult parsed)
    {
        var text = parsed.GetValue(_store) ?? Environment.GetEnvironmentVariable(Variable);
        if (string.IsNullOrEmpty(text))
        {
            throw new CommandException($"No store is named. Give --store {StoreLocation.Rule}, or set {Variable}.", ExitCode.Usage);
        }

        return StoreLocation.Parse(
            text, new(_lease.Of(parsed), parsed.GetValue(_keyPrefix)!, parsed.GetValue(_trustGarnet), parsed.GetValue(_allowNetwork)));
    }

    /// <summary>The argument that names one maildrop. Completion offers the held maildrops.</summary>
    public Argument<MaildropName> MaildropArgument()
    {
        var argument = new Argument<MaildropName>("MAILDROP")
        {
            Description = "The maildrop, exactly as the server names it.",
            CustomParser = static result => ParseMaildrop(result),
        };
        argument.CompletionSources.Add(Complete);
        return argument;
    }

    private static MaildropName ParseMaildrop(ArgumentResult result)
    {
        try
        {
            return new MaildropName(result.Tokens[0].Value);
        }
        catch (ArgumentException ex)
        {
            result.AddError($"MAILDROP: {CommandException.Describe(ex)}");
            return default;
        }
    }

    /// <summary>System.CommandLine asks for completions synchronously.</summary>
    private IEnumerable<CompletionItem> Complete(CompletionContext context)
    {
        try
        {
            return Task.Run(() => ListAsync(context.ParseResult)).GetAwaiter().GetResult();
        }
        catch (Exception)
        {
            // Offer no completions. The command itself reports the error.
            return [];
        }
    }

    private async Task<List<CompletionItem>> ListAsync(ParseResult parsed)
    {
        using var timeout = new CancellationTokenSource(CompletionTimeout);
        await using var locks = LocationOf(parsed).Open();
        var names = new SortedSet<string>(StringComparer.Ordinal);
        await foreach (var holder in locks.ListHoldersAsync(timeout.Token))
        {
            names.Add(holder.Maildrop.Value);
        }

        return [.. names.Where(static name => SafeText.Escape(name) == name).Select(static name => new CompletionItem(name))];
    }
}
