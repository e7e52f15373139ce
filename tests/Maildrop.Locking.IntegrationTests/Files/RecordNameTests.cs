using System.Text;
using CsCheck;
using Maildrop.Locking.Files;

namespace Maildrop.Locking.Tests.Files;

public sealed class RecordNameTests : FileLockFixture
{
    private const int MaxFileName = 255;
    private static readonly string[] Devices = ["con", "prn", "aux", "nul", "clock$", .. Enumerable.Range(0, 10).SelectMany(i => new[] { $"com{i}", $"lpt{i}" })];
    private static readonly string TestRoot = Path.GetFullPath("/srv/locks");

    private static readonly string[] Hostile =
    [
        "../../etc/passwd", "..", ".", "/etc/passwd", "C:\\Windows", "\\\\server\\share", "a/../b", "~root", "-rf", "CON", "con.txt", "Nul", "LPT1.mail", "aux@x", "$(reboot)",
        "Alice", "alice", "ALICE", "caf\u00e9", "cafe\u0301", "\u212bngstrom", "\u00c5ngstrom", "a\u202eecila", "\u200falice", "alice\u200b", "alice.", "alice ", " alice", ".hidden",
        ".wake", ".new", ".maildrop-locking", "ı", "I", "i", "İ", "ß", "ss", "ſ", "s", "K", "k", "\u212a", "𝒜lice", "\U0001F4EB", new('x', 1024), new('ü', 512), new string('x', 1023) + "y",
    ];

    /// <summary>Well-formed names, among them many that differ only in case, form or a letter.</summary>
    private static readonly Gen<string> Names = Gen.Frequency(
        (3, AnyOf(Hostile)),
        (3, Gen.String[AnyOf("aAbB.-/\\@:*?\"<>|~%\u0301éÅ\u202e ".ToCharArray()), 1, 12]),
        (2, Gen.Select(AnyOf(Hostile), Gen.String[Gen.Char['a', 'z'], 0, 4], (name, more) => name[..Math.Min(name.Length, 200)] + more)),
        (2, Gen.String[Gen.Char['\u00a0', '\ud7ff'], 1, 60]));

    [Fact]
    public void No_name_leaves_the_directory_or_meets_another()
    {
        var owners = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        Names.Where(name => NameSyntax.FindFault(name) is null && Encoding.UTF8.GetByteCount(name) <= MaildropName.MaxByteCount).Sample(
            name =>
            {
                var path = RecordPath.Of(TestRoot, name).Full;
                Assert.Equal(path, Path.GetFullPath(path));
                var parts = Path.GetRelativePath(TestRoot, path).Split(Path.DirectorySeparatorChar);
                Assert.Equal(2, parts.Length);
                Assert.All(parts[0], c => Assert.True(char.IsAsciiHexDigitLower(c)));
                Assert.All(parts[1], c => Assert.True(char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || "@.-+_".Contains(c, StringComparison.Ordinal), parts[1]));
                Assert.InRange(parts[1].Length, 1, MaxFileName);
                Assert.DoesNotContain(parts[1][0], ".-+");
                Assert.DoesNotContain(parts[1].Split('.')[0].TrimEnd(), Devices);
                lock (owners)
                {
                    // As a file system sees them that folds case or form.
                    Assert.True(owners.TryAdd(path.Normalize(), name) || owners[path.Normalize()] == name, $"{name} meets {owners[path.Normalize()]}");
                }
            },
            iter: Iterations.Of(20_000, 500_000));
    }

    [Theory]
    [InlineData("alice@example.org", "alice@example.org-")]
    [InlineData("john.doe", "john_doe-")]
    [InlineData("Bob", "bob-")]
    public void A_plain_name_can_be_recognised(string name, string prefix) =>
        Assert.StartsWith(prefix, Path.GetFileName(RecordPath.Of(TestRoot, name).Full), StringComparison.Ordinal);

    private static Gen<T> AnyOf<T>(T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    [Fact]
    public async Task All_hostile_names_are_held_at_once()
    {
        var locks = NewLock();
        foreach (var name in Hostile)
        {
            await GrantedAsync(locks, name);
        }

        var held = new List<string>();
        await foreach (var holder in locks.ListHoldersAsync(Cancel))
        {
            held.Add(holder.Maildrop.Value);
        }

        Assert.Equal(Hostile.Order(StringComparer.Ordinal), held.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_is_no_name_reaches_no_file()
    {
        // Not as a theory's data: xUnit would mend them on the way.
        foreach (var text in new[] { "a\0b", "\ud800", "a\udc00b", "", new string('x', 1025) })
        {
            Assert.ThrowsAny<ArgumentException>(() => new MaildropName(text));
        }
    }
}
