using System.Text.Json;
using Maildrop.Locking.Tests.Protocols;

namespace Maildrop.Locking.Tests.Api;

/// <summary>The public values in JSON, by generated code and by reflection.</summary>
public sealed class JsonTests
{
    public static readonly TheoryData<bool> Ways = new(true, false);

    private static JsonSerializerOptions OptionsOf(bool generated) => generated ? MailJsonContext.Default.Options : JsonSerializerOptions.Default;

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_name_is_a_string_and_comes_back(bool generated)
    {
        List<MaildropName> names = ["alice@example.org", "\"quoted\\\"", "Ünï 😀", "../../x", "\u2028"];
        var json = JsonSerializer.Serialize(names, OptionsOf(generated));
        Assert.Equal(JsonSerializer.Serialize(names.Select(name => name.Value)), json);
        Assert.Equal(names, JsonSerializer.Deserialize<List<MaildropName>>(json, OptionsOf(generated)));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_name_is_a_key(bool generated)
    {
        Dictionary<MaildropName, int> counts = new() { ["alice"] = 1, ["bob \"b\""] = 2 };
        var json = JsonSerializer.Serialize(counts, OptionsOf(generated));
        Assert.Equal("""{"alice":1,"bob \u0022b\u0022":2}""", json);
        Assert.Equal(counts, JsonSerializer.Deserialize<Dictionary<MaildropName, int>>(json, OptionsOf(generated)));
        AssertFault("A maildrop's name is not empty.", () => JsonSerializer.Deserialize<Dictionary<MaildropName, int>>("""{"":1}""", OptionsOf(generated)));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void The_default_value_is_refused_wherever_it_stands(bool generated)
    {
        const string Fault = "default(MaildropName) names no maildrop, and has no JSON.";
        AssertFault(Fault, () => JsonSerializer.Serialize(new List<MaildropName> { default }, OptionsOf(generated)));
        AssertFault(Fault, () => JsonSerializer.Serialize(new Dictionary<MaildropName, int> { [default] = 1 }, OptionsOf(generated)));
        Assert.Equal("null", JsonSerializer.Serialize<MaildropName?>(null, OptionsOf(generated)));
        Assert.Null(JsonSerializer.Deserialize<MaildropName?>("null", OptionsOf(generated)));
        Assert.Equal("alice", JsonSerializer.Deserialize<MaildropName?>("\"alice\"", OptionsOf(generated))?.Value);
    }

    [Theory]
    [InlineData("[null]", "A maildrop's name is a JSON string, not Null.")]
    [InlineData("[7]", "A maildrop's name is a JSON string, not Number.")]
    [InlineData("[{}]", "A maildrop's name is a JSON string, not StartObject.")]
    [InlineData("[\"\"]", "A maildrop's name is not empty.")]
    [InlineData("[\"a\\u0000\"]", "A maildrop's name is well-formed text without control characters. Control characters are not allowed (U+0000 at index 1).")]
    [InlineData("[\"a\\uD83D\"]", null)]
    public void Bad_json_is_refused_with_the_rule(string json, string? fault)
    {
        foreach (var generated in (bool[])[true, false])
        {
            AssertFault(fault, () => JsonSerializer.Deserialize<List<MaildropName>>(json, OptionsOf(generated)));
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_holder_comes_back_as_it_was(bool generated)
    {
        var at = new DateTimeOffset(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);
        MaildropHolder holder = new("alice", MaildropAccess.Shared, new("IMAP", "1", "192.0.2.1"), "mail1", 42, 7, at, at.AddSeconds(1), at.AddSeconds(30));
        var json = JsonSerializer.Serialize(holder, OptionsOf(generated));
        Assert.Contains("\"Maildrop\":\"alice\",\"Access\":\"Shared\"", json, StringComparison.Ordinal);
        Assert.Equal(holder, JsonSerializer.Deserialize<MaildropHolder>(json, OptionsOf(generated)));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Enumerations_are_their_names(bool generated)
    {
        MaildropLockRequest request = new() { Access = MaildropAccess.Shared, Takeover = MaildropTakeover.WhenIdle, Wait = TimeSpan.FromSeconds(2) };
        var json = JsonSerializer.Serialize(request, OptionsOf(generated));
        Assert.Contains("\"Access\":\"Shared\"", json, StringComparison.Ordinal);
        Assert.Contains("\"Takeover\":\"WhenIdle\"", json, StringComparison.Ordinal);
        Assert.Equal(request, JsonSerializer.Deserialize<MaildropLockRequest>(json, OptionsOf(generated)));
        Assert.Equal("\"LoginDelay\"", JsonSerializer.Serialize(MaildropLockStatus.LoginDelay, OptionsOf(generated)));
        Assert.Equal("\"SilentSession\"", JsonSerializer.Serialize(MaildropRefusalCause.SilentSession, OptionsOf(generated)));
        Assert.Equal("""{"TakenOver":3}""", JsonSerializer.Serialize(new Dictionary<MaildropLeaseLoss, int> { [MaildropLeaseLoss.TakenOver] = 3 }, OptionsOf(generated)));
        Assert.Equal(
            """{"Status":"Err","ResponseCode":"IN-USE","Text":"maildrop is locked by another session"}""",
            JsonSerializer.Serialize(new FakeLease(MaildropLockStatus.InUse).GetPop3Reply(), OptionsOf(generated)));
    }

    [Fact]
    public void Every_public_enumeration_is_its_name()
    {
        var enums = typeof(MaildropName).Assembly.GetExportedTypes().Where(type => type.IsEnum && type.Namespace == "Maildrop.Locking").ToArray();
        Assert.NotEmpty(enums);
        Assert.All(enums, type => Assert.StartsWith("\"", JsonSerializer.Serialize(Activator.CreateInstance(type), type), StringComparison.Ordinal));
    }

    private static void AssertFault(string? message, Action act)
    {
        var fault = Assert.Throws<JsonException>(act);
        if (message is not null)
        {
            Assert.Equal(message, fault.Message);
        }
    }
}
