namespace Maildrop.Locking.Benchmarks;

internal static class Names
{
    public static MaildropName[] Make(string prefix, int count)
    {
        var names = new MaildropName[count];
        for (var i = 0; i < count; i++)
        {
            names[i] = $"{prefix}{i}@example.org";
        }

        return names;
    }
}
