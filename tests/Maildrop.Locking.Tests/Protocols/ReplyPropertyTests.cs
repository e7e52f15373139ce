using System.Text;
using CsCheck;

namespace Maildrop.Locking.Tests.Protocols;

/// <summary>What holds for every reply: one short line of ASCII that gives nobody away.</summary>
public sealed class ReplyPropertyTests
{
    private static readonly Gen<TimeSpan?> Retry = Gen.OneOf(
        Gen.Const((TimeSpan?)null),
        Gen.Long.Select(ticks => (TimeSpan?)TimeSpan.FromTicks(ticks)),
        Gen.Const((TimeSpan?)TimeSpan.MaxValue),
        Gen.Const((TimeSpan?)TimeSpan.MinValue));

    private static readonly Gen<FakeLease> Lease =
        from status in Gen.Int[-1, 6]
        from held in Gen.Bool
        from loss in Gen.Enum<MaildropLeaseLoss>()
        from retry in Retry
        from secret in Gen.Int[0, int.MaxValue]
        select new FakeLease((MaildropLockStatus)status, held, loss)
        {
            Retry = retry,
            Blocker = new MaildropHolder(
                $"user-{Secret(secret)}", MaildropAccess.Exclusive, new MaildropSession($"P{Secret(secret)}", $"id\u2028{Secret(secret)}", $"10.0.0.{Secret(secret)}"),
                $"host-{Secret(secret)}", secret, secret, default, default, default),
            Fault = new MaildropStoreException($"cannot reach {Secret(secret)}\r\n"),
        };

    private static readonly Gen<string> Tag = Gen.Char["!#$&',-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz|}~"]
        .Array[1, ImapReplies.MaxTagLength].Select(chars => new string(chars));

    [Fact]
    public void A_pop3_reply_is_one_short_line_of_ascii_that_names_nobody() => Lease.Sample(lease =>
    {
        if (lease.ToPop3Reply() is { } reply)
        {
            AssertLine(reply);
            AssertNoSecret(reply);
            Assert.True(reply.StartsWith("+OK ", StringComparison.Ordinal) || reply.StartsWith("-ERR [", StringComparison.Ordinal), reply);
        }
    });

    [Fact]
    public void An_imap_reply_is_one_short_line_of_ascii_that_names_nobody() => Gen.Select(Lease, Tag).Sample((lease, tag) =>
    {
        var reply = lease.ToImapReply(tag);
        AssertLine(reply);
        if (reply.StartsWith("* BYE ", StringComparison.Ordinal))
        {
            AssertNoSecret(reply);
            return;
        }

        Assert.StartsWith(tag + " ", reply, StringComparison.Ordinal);
        AssertNoSecret(reply[tag.Length..]);
    });

    [Fact]
    public void Any_text_as_a_tag_is_refused_or_stays_one_line() => Gen.Select(Lease, Gen.String).Sample((lease, tag) =>
    {
        try
        {
            AssertLine(lease.ToImapReply(tag));
        }
        catch (ArgumentException ex)
        {
            Assert.Equal("tag", ex.ParamName);
        }
    });

    [Fact]
    public void The_parts_of_a_reply_make_its_line() => Gen.Select(Lease, Tag).Sample((lease, tag) =>
    {
        if (lease.GetPop3Reply() is { } pop3)
        {
            AssertParts(pop3, pop3.Status == MaildropReplyStatus.Ok ? "+OK" : "-ERR", lease.ToPop3Reply());
            Assert.True(pop3.Status is MaildropReplyStatus.Ok or MaildropReplyStatus.Err);
        }

        var imap = lease.GetImapReply(tag);
        AssertParts(imap, StartOf(imap.Status, $"{tag} "), lease.ToImapReply(tag));
        var untagged = lease.GetImapReply();
        AssertParts(untagged, StartOf(untagged.Status, ""), untagged.ToString());

        static string StartOf(MaildropReplyStatus status, string tag) => status switch
        {
            MaildropReplyStatus.Ok => $"{tag}OK",
            MaildropReplyStatus.No => $"{tag}NO",
            MaildropReplyStatus.Bye => "* BYE",
            _ => throw new InvalidOperationException($"IMAP has no {status}."),
        };
    });

    // Letters that no reply contains.
    private static string Secret(int number) => $"ZXQ{number}";

    private static void AssertNoSecret(string reply) => Assert.DoesNotContain("ZXQ", reply, StringComparison.Ordinal);

    private static void AssertParts(MaildropReply reply, string start, string? line)
    {
        Assert.Equal(reply.ResponseCode is null ? $"{start} {reply.Text}" : $"{start} [{reply.ResponseCode}] {reply.Text}", line);
        Assert.Equal(line, reply.ToString());
        Assert.DoesNotContain('[', reply.Text);
    }

    private static void AssertLine(string reply)
    {
        Assert.True(Ascii.IsValid(reply) && !reply.Any(char.IsControl), reply);
        Assert.True(reply.Length + 2 <= 512, reply);
    }
}
