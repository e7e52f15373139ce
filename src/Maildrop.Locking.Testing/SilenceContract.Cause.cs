namespace Maildrop.Locking.Testing;

public abstract partial class SilenceContract
{
    [Fact]
    public async Task A_refusal_tells_its_probable_cause()
    {
        var phone = new MaildropSession("POP3", "c1", "192.0.2.1");
        await GrantedAsync("alice", new() { Session = phone });
        Assert.Equal(MaildropRefusalCause.ParallelSession, await CauseForAsync("192.0.2.1"));
        Assert.Equal(MaildropRefusalCause.OtherAddress, await CauseForAsync("192.0.2.2"));
        Assert.Equal(MaildropRefusalCause.Unknown, await CauseForAsync(null));
        await Backend.AdvanceAsync(Backend.TakeoverIdleTime * 1.1);
        Assert.Equal(MaildropRefusalCause.SilentSession, await CauseForAsync("192.0.2.1"));
        Assert.Equal(MaildropRefusalCause.OtherAddress, await CauseForAsync("192.0.2.2"));

        async Task<MaildropRefusalCause> CauseForAsync(string? address)
        {
            var refused = await RefusedAsync("alice", new() { Session = phone with { Id = "c2", RemoteAddress = address } });
            return refused.RefusalCause;
        }
    }

    [Fact]
    public async Task A_lease_that_was_granted_has_no_cause() => Assert.Equal(MaildropRefusalCause.Unknown, (await GrantedAsync("alice")).RefusalCause);
}
