using System.Globalization;
using System.Text;

namespace Maildrop.Locking.Tests.Api;

public sealed class MaildropNameTests
{
    [Fact]
    public void Null_and_nothing_are_refused()
    {
        Assert.Throws<ArgumentNullException>("value", () => new MaildropName(null!));
        Assert.Throws<ArgumentException>("value", () => new MaildropName(""));
        Assert.Throws<ArgumentNullException>("value", () => (MaildropName)(string)null!);
    }

    [Theory]
    [InlineData("a", 1024)]
    [InlineData("ä", 512)]
    [InlineData("€", 341)]
    [InlineData("😀", 256)]
    public void The_length_is_counted_in_bytes_of_utf8(string letter, int most)
    {
        var longest = string.Concat(Enumerable.Repeat(letter, most));
        Assert.Equal(longest, new MaildropName(longest).Value);
        Assert.True(Encoding.UTF8.GetByteCount(longest + letter) > MaildropName.MaxByteCount);
        var fault = Assert.Throws<ArgumentException>("value", () => new MaildropName(longest + letter));
        Assert.Contains("at most 1024 bytes", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_byte_decides()
    {
        var exact = new string('€', 341) + "a";
        Assert.Equal(1024, Encoding.UTF8.GetByteCount(new MaildropName(exact).Value));
        Assert.Throws<ArgumentException>("value", () => new MaildropName(exact + "a"));
        Assert.Throws<ArgumentException>("value", () => new MaildropName(new string('a', 10_000_000)));
    }

    [Fact]
    public void Every_control_character_is_refused_wherever_it_stands()
    {
        for (var c = 0; c < 0x100; c++)
        {
            if (c is >= 0x20 and < 0x7F or >= 0xA0)
            {
                Assert.Equal(3, new MaildropName($"a{(char)c}b").Value.Length);
                continue;
            }

            foreach (var name in (string[])[$"{(char)c}", $"{(char)c}ab", $"a{(char)c}b", $"ab{(char)c}", $"ä{(char)c}"])
            {
                var fault = Assert.Throws<ArgumentException>("value", () => new MaildropName(name));
                Assert.Contains($"U+{c:X4}", fault.Message, StringComparison.Ordinal);
                Assert.DoesNotContain(fault.Message, char.IsControl); // Logs are read on terminals.
            }
        }
    }

    [Fact]
    public void A_lone_surrogate_is_refused_and_a_pair_is_not()
    {
        foreach (var name in (string[])["\uD83D", "\uDE00", "a\uD83D", "\uD83Da", "\uDE00\uD83D", "\uD83D\uD83D\uDE00", "\uD83D\uDE00\uDE00"])
        {
            var fault = Assert.Throws<ArgumentException>("value", () => new MaildropName(name));
            Assert.Contains("well-formed", fault.Message, StringComparison.Ordinal);
        }

        Assert.Equal("😀", new MaildropName("\uD83D\uDE00").Value);
    }

    [Fact]
    public async Task Hostile_names_are_names_and_each_is_a_maildrop_of_its_own()
    {
        string[] names =
        [
            "../../x", "..", ".", "/", "\\", "/etc/passwd", "CON", "NUL.txt", "C:\\x", "a b", " ", "*", "{b000}", "a:b", "%00", "$(reboot)", "' or 1=1",
            "Alice", "alice", "ALICE", "I", "ı", "İ", "i", "\u00E9", "e\u0301", "ß", "ss", "\u202Eecila", "a\u200Bb", "ab", "\uFEFFab", "\uFFFF", "😀",
        ];
        await using var locks = new InMemoryMaildropLock();
        foreach (var name in names)
        {
            var lease = await locks.AcquireAsync(name, cancellationToken: TestContext.Current.CancellationToken);
            Assert.True(lease.IsAcquired, name);
            Assert.Equal(name, lease.Maildrop.Value);
        }
    }

    [Theory]
    [InlineData("tr-TR")]
    [InlineData("de-DE")]
    [InlineData("th-TH")]
    public void The_culture_changes_nothing(string culture)
    {
        var before = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = new CultureInfo(culture);
        try
        {
            Assert.NotEqual(new MaildropName("INFO"), new MaildropName("info"));
            Assert.NotEqual(new MaildropName("I"), new MaildropName("ı"));
            Assert.NotEqual(new MaildropName("strasse"), new MaildropName("straße"));
            Assert.NotEqual(new MaildropName("a\u00AD"), new MaildropName("a"));
            Assert.Equal(new MaildropName("info"), new MaildropName("info"));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void A_text_is_parsed_as_the_constructor_takes_it()
    {
        foreach (var name in (string[])["alice", " a ", "Ünï😀", "../x"])
        {
            Assert.Equal(new MaildropName(name), MaildropName.Parse(name, CultureInfo.InvariantCulture));
            Assert.True(MaildropName.TryParse(name, null, out var parsed));
            Assert.Equal(name, parsed.Value);
        }

        foreach (var name in (string[])["", "a\0", "\uD83D", new('a', 1025)])
        {
            var told = Assert.Throws<ArgumentException>("value", () => new MaildropName(name));
            var fault = Assert.Throws<FormatException>(() => MaildropName.Parse(name, null));
            Assert.StartsWith(fault.Message, told.Message, StringComparison.Ordinal);
            Assert.False(MaildropName.TryParse(name, null, out var none));
            Assert.True(none.IsDefault);
        }

        Assert.Throws<ArgumentNullException>("s", () => MaildropName.Parse(null!, null));
        Assert.False(MaildropName.TryParse(null, null, out _));
    }

    [Fact]
    public void Equal_names_have_equal_hashes_and_say_what_they_are()
    {
        MaildropName name = new("alice"), same = new(new string("alice".AsSpan()));
        Assert.True(name == same && name.Equals((object)same));
        Assert.Equal(name.GetHashCode(), same.GetHashCode());
        Assert.Equal("alice", name.ToString());
        Assert.False(name.IsDefault);
    }

    [Fact]
    public void The_default_value_names_nothing_and_is_nobodys_equal()
    {
        MaildropName none = default;
        Assert.True(none.IsDefault);
        Assert.Equal("", none.ToString());
        Assert.Equal(default, none);
        Assert.NotEqual(new MaildropName("alice"), none);
        Assert.Throws<InvalidOperationException>(() => none.Value);
    }
}
