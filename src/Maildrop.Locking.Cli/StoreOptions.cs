using System.CommandLine;
using System.CommandLine.Parsing;
using Maildrop.Locking.Cli.Stores;

namespace Maildrop.Locking.Cli;

/// <summary>The options that every command takes: which store, and for whom the output is.</summary>
internal sealed class StoreOptions
{
    public const string Variable = "MAILDROP_LOCKS_STORE";

    private readonly Option<string?> _store = new("--store", "-s")
    {
        HelpName = "STORE",
        Description = $"Where the leases are: {StoreLocation.Rule}. Where it is not given, {Variable} says it, which also keeps a password out of the list of processes.",
        Recursive = true,
    };

    private readonly Option<string> _keyPrefix = new("--key-prefix")
    {
        HelpName = "PREFIX",
        Description = "Redis: what the keys of the servers' locks begin with.",
        DefaultValueFactory = static _ => new RedisMaildropLockOptions().KeyPrefix,
        Recursive = true,
    };

    private readonly Option<bool> _allowNetwork = new("--allow-network-file-system")
    {
        Description = "Files: the directory may be on a network file system, as the servers' option AllowNetworkFileSystem says.",
        Recursive = true,
    };

    private readonly Option<bool> _json = new("--json")
    {
        Description = "Write JSON, for programs.",
        Recursive = true,
    };

    public void AddTo(Command root)
    {
        _store.CompletionSources.Add("files:", "redis:");
        root.Options.Add(_store);
        root.Options.Add(_keyPrefix);
        root.Options.Add(_allowNetwork);
        root.Options.Add(_json);
    }

    public bool IsJson(ParseResult parsed) => parsed.GetValue(_json);

    /// <exception cref="CommandException">No store is named, or one that is none.</exception>
    public StoreLocation LocationOf(ParseResult parsed)
    {
        var text = parsed.GetValue(_store) ?? Environment.GetEnvironmentVariable(Variable);
        if (string.IsNullOrEmpty(text))
        {
            throw new CommandException($"No store is named. Give --store {StoreLocation.Rule}, or set {Variable}.", ExitCode.Usage);
        }

        return StoreLocation.Parse(text, parsed.GetValue(_keyPrefix)!, parsed.GetValue(_allowNetwork));
    }

    /// <summary>The argument that names one maildrop.</summary>
    public static Argument<MaildropName> MaildropArgument() => new("MAILDROP")
    {
        Description = "The maildrop, exactly as the server names it.",
        CustomParser = static result => ParseMaildrop(result),
    };

    private static MaildropName ParseMaildrop(ArgumentResult result)
    {
        try
        {
            return new MaildropName(result.Tokens[0].Value);
        }
        catch (ArgumentException ex)
        {
            result.AddError($"MAILDROP: {ex.Message}");
            return default;
        }
    }
}
