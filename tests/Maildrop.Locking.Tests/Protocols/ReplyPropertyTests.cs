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
        from status in Gen.Int[-1, 4]
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
        catch (ArgumentException e)
        {
            Assert.Equal("tag", e.ParamName);
        }
    });

    // Letters that no reply contains.
    private static string Secret(int number) => $"ZXQ{number}";

    private static void AssertNoSecret(string reply) => Assert.DoesNotContain("ZXQ", reply, StringComparison.Ordinal);

    private static void AssertLine(string reply)
    {
        Assert.True(Ascii.IsValid(reply) && !reply.Any(char.IsControl), reply);
        Assert.True(reply.Length + 2 <= 512, reply);
    }
}
