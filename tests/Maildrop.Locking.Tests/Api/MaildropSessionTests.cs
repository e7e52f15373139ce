namespace Maildrop.Locking.Tests.Api;

public sealed class MaildropSessionTests
{
    public static readonly TheoryData<string> BadTexts = new("", "a\0", "a\r\nb", "a\u0085", "a\u007F", "a\uD83D", "\uDE00a");

    [Theory]
    [MemberData(nameof(BadTexts), DisableDiscoveryEnumeration = true)]
    public void Bad_text_is_refused_by_the_name_of_its_place(string text)
    {
        Assert.Throws<ArgumentException>("Protocol", () => new MaildropSession(text, "1"));
        Assert.Throws<ArgumentException>("Id", () => new MaildropSession("POP3", text));
        Assert.Throws<ArgumentException>("RemoteAddress", () => new MaildropSession("POP3", "1", text));
    }

    [Theory]
    [MemberData(nameof(BadTexts), DisableDiscoveryEnumeration = true)]
    public void A_copy_is_checked_too(string text)
    {
        var session = new MaildropSession("POP3", "1", "192.0.2.1");
        Assert.Throws<ArgumentException>("Protocol", () => session with { Protocol = text });
        Assert.Throws<ArgumentException>("Id", () => session with { Id = text });
        Assert.Throws<ArgumentException>("RemoteAddress", () => session with { RemoteAddress = text });
        Assert.Equal(new MaildropSession("POP3", "1", "192.0.2.1"), session);
    }

    [Fact]
    public void Null_is_refused_where_something_must_be()
    {
        Assert.Throws<ArgumentNullException>("Protocol", () => new MaildropSession(null!, "1"));
        Assert.Throws<ArgumentNullException>("Id", () => new MaildropSession("POP3", null!));
        Assert.Null(new MaildropSession("POP3", "1").RemoteAddress);
    }

    [Fact]
    public void Each_has_its_longest_text()
    {
        var longest = new MaildropSession(new string('p', 32), new string('i', 128), new string('r', 128));
        Assert.Equal((32, 128, 128), (longest.Protocol.Length, longest.Id.Length, longest.RemoteAddress!.Length));
        Assert.Throws<ArgumentException>("Protocol", () => new MaildropSession(new string('p', 33), "1"));
        Assert.Throws<ArgumentException>("Id", () => new MaildropSession("POP3", new string('i', 129)));
        Assert.Throws<ArgumentException>("RemoteAddress", () => new MaildropSession("POP3", "1", new string('r', 129)));
    }
}
