using Maildrop.Locking.Tests.Histories;

namespace Maildrop.Locking.Tests.Proof.Histories;

public sealed class HistoryFileTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("maildrop-history-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void Events_of_all_files_are_read_and_a_torn_last_line_is_passed_over()
    {
        using (var one = new HistoryWriter(PathOf("one")))
        using (var other = new HistoryWriter(PathOf("other")))
        {
            one.Write(new Held(1, "a.1"));
            other.Write(new Held(2, "b.1"));
            one.Write(new Remains(3, "a lease of a.1"));
        }

        File.AppendAllText(PathOf("one"), "H 123");
        Assert.Equal([new Held(1, "a.1"), new Held(2, "b.1"), new Remains(3, "a lease of a.1")], HistoryReader.ReadDirectory(_directory.FullName).OrderBy(happened => happened.At));
    }

    [Theory]
    [InlineData("H 1 a.1")]
    [InlineData("H 1 a.")]
    [InlineData("G 100 a.1 alice 0 99 4")]
    [InlineData("")]
    public void A_line_that_is_cut_anywhere_is_none(string line) => Assert.Null(HistoryFormat.Read(line));

    [Fact]
    public void A_torn_line_in_the_middle_is_an_error()
    {
        File.WriteAllText(PathOf("one"), "H 12\nH 2 a.1 .\n");
        Assert.Throws<InvalidDataException>(() => HistoryReader.ReadDirectory(_directory.FullName));
    }

    private string PathOf(string name) => Path.Combine(_directory.FullName, name + HistoryReader.Extension);
}
