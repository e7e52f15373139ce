[assembly: AssemblyFixture(typeof(Maildrop.Locking.Tests.OneAtATime))]

namespace Maildrop.Locking.Tests;

/// <summary>
/// Has the test projects that start servers, browsers and hosts run one after the other on a machine with few cores: their tests on real clocks would take
/// each other's load for a fault.
/// </summary>
public sealed class OneAtATime : IAsyncLifetime
{
    private const int ManyCores = 8;
    private static readonly string LockPath = Path.Combine(Path.GetTempPath(), $"maildrop-locking-tests-{Environment.UserName}.lock");
    private FileStream? _turn;

    public async ValueTask InitializeAsync()
    {
        while (_turn is null && Environment.ProcessorCount < ManyCores)
        {
            try
            {
                _turn = new FileStream(LockPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                await Task.Delay(200);
            }
        }
    }

    public ValueTask DisposeAsync() => _turn?.DisposeAsync() ?? ValueTask.CompletedTask;
}
