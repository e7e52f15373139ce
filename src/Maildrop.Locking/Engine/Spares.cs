using System.Collections.Concurrent;

namespace Maildrop.Locking.Engine;

/// <summary>
/// Objects that are used again, some for each thread, as many calls are often under way at once; and some for all, since a thread that begins
/// calls need not be one that ends them.
/// </summary>
internal static class Spares<T>
    where T : class
{
    private const int MostOfThread = 32;
    private const int MostOfAll = 128;

    private static readonly ConcurrentQueue<T> OfAll = new();

    [ThreadStatic]
    private static Stack? _ofThread;

    public static T? Take()
    {
        if (_ofThread is not { Count: > 0 } own)
        {
            return OfAll.TryDequeue(out var shared) ? shared : null;
        }

        ref var top = ref own.Items[--own.Count];
        var spare = top;
        top = null;
        return spare;
    }

    /// <param name="spare">It must not refer to anything that is to be collected.</param>
    public static void Put(T spare)
    {
        var own = _ofThread ??= new Stack();
        if (own.Count < MostOfThread)
        {
            own.Items[own.Count++] = spare;
        }
        else if (OfAll.Count < MostOfAll)
        {
            OfAll.Enqueue(spare);
        }
    }

    private sealed class Stack
    {
        public readonly T?[] Items = new T?[MostOfThread];
        public int Count;
    }
}
