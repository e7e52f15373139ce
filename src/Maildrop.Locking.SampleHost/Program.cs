using Maildrop.Locking.SampleHost;

return await CommandLine.RunAsync(args, Console.Out, Console.Error);
