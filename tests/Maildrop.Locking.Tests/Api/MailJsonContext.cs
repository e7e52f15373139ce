using System.Text.Json.Serialization;

namespace Maildrop.Locking.Tests.Api;

/// <summary>What a host that is compiled ahead of time would have generated.</summary>
[JsonSerializable(typeof(MaildropHolder))]
[JsonSerializable(typeof(MaildropLockRequest))]
[JsonSerializable(typeof(MaildropName?))]
[JsonSerializable(typeof(List<MaildropName>))]
[JsonSerializable(typeof(Dictionary<MaildropName, int>))]
[JsonSerializable(typeof(Dictionary<MaildropLeaseLoss, int>))]
[JsonSerializable(typeof(MaildropLockStatus))]
[JsonSerializable(typeof(MaildropRefusalCause))]
[JsonSerializable(typeof(MaildropReply))]
internal sealed partial class MailJsonContext : JsonSerializerContext;
