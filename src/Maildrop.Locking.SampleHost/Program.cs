using Maildrop.Locking.SampleHost;

return await Entry.RunAsync(args, Console.Out, Console.Error);
