using Maildrop.Locking.Cli;

return await CommandLine.RunAsync(args);
