using System.Globalization;
using Maildrop.Locking.SampleHost.Maildirs;

namespace Maildrop.Locking.SampleHost.Pop3;

/// <summary>The numbered messages of a session, and their deletion marks.</summary>
internal sealed class MessageList(IReadOnlyList<MaildirMessage> messages)
{
    private readonly bool[] _marked = new bool[messages.Count];

    /// <summary>The messages that are not marked, with their numbers.</summary>
    public IEnumerable<(int Number, MaildirMessage Message)> Kept => Numbered.Where(it => !_marked[it.Number - 1]);

    public IEnumerable<(int Number, MaildirMessage Message)> Marked => Numbered.Where(it => _marked[it.Number - 1]);

    private IEnumerable<(int Number, MaildirMessage Message)> Numbered => messages.Select((message, index) => (index + 1, message));

    /// <summary>The message with the number in a command; null if there is none, or if it is marked.</summary>
    public MaildirMessage? Find(string number, out int found) =>
        int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out found) && found >= 1 && found <= messages.Count && !_marked[found - 1]
            ? messages[found - 1]
            : null;

    public void Mark(int number) => _marked[number - 1] = true;

    public void UnmarkAll() => Array.Clear(_marked);
}
