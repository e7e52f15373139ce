using Maildrop.Locking.Consumer;
using Microsoft.Extensions.DependencyInjection;

var directory = Directory.CreateTempSubdirectory("maildrop-consumer-");
try
{
    await Scenes.PlayAsync("in memory", locking => locking.UseInMemory());
    await Scenes.PlayAsync("on files", locking => locking.UseFiles(Path.Combine(directory.FullName, "locks")));
    await using var redis = RedisProcess.TryStart();
    if (redis is null)
    {
        Console.WriteLine("on Redis: not run, as redis-server is not on PATH");
    }
    else
    {
        await redis.ReadyAsync();
        await Scenes.PlayAsync("on Redis", locking => locking.UseRedis(redis.Configuration));
    }
}
finally
{
    directory.Delete(recursive: true);
}

Console.WriteLine("ok");
