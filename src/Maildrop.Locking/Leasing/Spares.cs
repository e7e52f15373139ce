namespace Maildrop.Locking.Leasing;

/// <summary>Objects that are used again, some for each thread: as many calls are often under way at once.</summary>
internal static class Spares<T>
    where T : class
{
    private const int Most = 64;

    [ThreadStatic]
    private static Stack? _spares;

    public static T? Take()
    {
        if (_spares is not { Count: > 0 } spares)
        {
            return null;
        }

        ref var top = ref spares.Items[--spares.Count];
        var spare = top;
        top = null;
        return spare;
    }

    /// <param name="spare">It must not refer to anything that is to be collected.</param>
    public static void Put(T spare)
    {
        var spares = _spares ??= new Stack();
        if (spares.Count < Most)
        {
            spares.Items[spares.Count++] = spare;
        }
    }

    private sealed class Stack
    {
        public readonly T?[] Items = new T?[Most];
        public int Count;
    }
}
