using System.Diagnostics;
using NetAgent.Cluster.Yaml;
using NetAgent.Contracts;

namespace NetAgent.Cluster.Tests.Yaml;

public sealed class ConfigNodeReaderTests
{
    private static ConfigNode Root(string text)
    {
        var document = ConfigNodeReader.Read(text);
        Assert.Null(document.Problem);
        return document.Root!;
    }

    private static string Problem(string text)
    {
        var document = ConfigNodeReader.Read(text);
        Assert.Null(document.Root);
        return document.Problem!;
    }

    [Fact]
    public void Keys_keep_their_order_their_lines_and_their_duplicates()
    {
        var root = Root("a: 1\n\nb:\n  - x\n  - 'y'\na: 2\n");
        Assert.Equal([("a", 1), ("b", 3), ("a", 6)], root.Entries.Select(e => (e.Key, e.Line)));
        Assert.Equal([("x", 4, false), ("y", 5, true)], root.Entries[1].Value.Items.Select(i => (i.Text, i.Line, i.IsQuoted)));
    }

    [Theory]
    [InlineData("a:", ConfigNodeKind.Null)]
    [InlineData("a: ~", ConfigNodeKind.Null)]
    [InlineData("a: null", ConfigNodeKind.Null)]
    [InlineData("a: 'null'", ConfigNodeKind.Scalar)]
    [InlineData("a: \"\"", ConfigNodeKind.Scalar)]
    [InlineData("a: !!str null", ConfigNodeKind.Scalar)]
    [InlineData("a: []", ConfigNodeKind.Sequence)]
    [InlineData("a: {}", ConfigNodeKind.Mapping)]
    [InlineData("{\"a\": null}", ConfigNodeKind.Null)]
    [InlineData("{\"a\": \"null\"}", ConfigNodeKind.Scalar)]
    public void Absent_null_and_empty_are_told_apart(string text, ConfigNodeKind kind) => Assert.Equal(kind, Root(text).Entries[0].Value.Kind);

    [Fact]
    public void Json_is_read_with_tabs_escapes_and_lines()
    {
        var root = Root("{\n\t\"a\": \"x\\/\\u00e9\",\n\t\"b\": [1,\n true]}");
        Assert.Equal("x/é", root.Entries[0].Value.Text);
        Assert.True(root.Entries[0].Value.IsQuoted);
        Assert.Equal([("1", 3, false), ("true", 4, false)], root.Entries[1].Value.Items.Select(i => (i.Text, i.Line, i.IsQuoted)));
    }

    [Fact]
    public void Flow_yaml_that_is_not_json_is_read_too() => Assert.Equal("b", Root("{a: b}").Entries[0].Value.Text);

    [Fact]
    public void Anchors_and_merge_keys_resolve_and_what_is_written_out_wins()
    {
        var root = Root("base: &b {x: 1, y: 2}\nuse:\n  <<: *b\n  y: 3\nplain: *b\n");
        Assert.Equal([("y", "3"), ("x", "1")], root.Entries[1].Value.Entries.Select(e => (e.Key, e.Value.Text)));
        Assert.Equal(2, root.Entries[2].Value.Entries.Count);
    }

    [Fact]
    public void Several_documents_are_read_each_on_its_own_and_a_bad_one_hides_none()
    {
        var documents = ConfigNodeReader.ReadAll("# head\n---\na: 1\n---\n\n---\nb: [\n---\nc: 3\n");
        Assert.Equal([1, 2, 3], documents.Select(d => d.Number));
        Assert.Equal("a", documents[0].Root!.Entries[0].Key);
        Assert.Contains("line 8", documents[1].Problem, StringComparison.Ordinal);
        Assert.Equal(9, documents[2].Root!.Entries[0].Line);
    }

    [Fact]
    public void Json_values_one_after_another_are_documents() =>
        Assert.Equal([1, 3], ConfigNodeReader.ReadAll("{\"a\":1}\n\n{\"b\":2}\n").Select(d => d.Line));

    [Theory]
    [InlineData("a: b\n c: d\n", "line 2")]
    [InlineData("a: [1, 2\n", "line 2")]
    [InlineData("a: 1\nb: [1,\n2\nc: 3\n", "line 3: not YAML")]
    [InlineData("kind: X\na:\n  b: 1\n\tc: 2\n", "line 4: a tab indents this line, where YAML takes blanks only")]
    [InlineData("kind: X\na:\n  b: 1\n  \tc: 2\n", "line 4: a tab")]
    [InlineData("kind: X\na:\n\tb: 1\n", "line 3: a tab")]
    [InlineData("a: 1\nb: 2\nplugins:\n\t- name: x\n", "line 4: a tab")]
    [InlineData("a: *nowhere\n", "*nowhere")]
    [InlineData("a: &a [*a]\n", "*a names no anchor")]
    [InlineData("[a]: b\n", "a key must be plain text")]
    [InlineData("a: {<<: 3}\n", "'<<'")]
    [InlineData("{\"a\": 1,\n \"b\": \"x}", "line 2")]
    [InlineData("a: 1\n...\nb: 2\n", "second document")]
    public void Text_that_does_not_parse_is_a_problem_that_says_where(string text, string part) =>
        Assert.Contains(part, Problem(text), StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("# nothing\n")]
    [InlineData("---\n...\n")]
    [InlineData("\n \n")]
    public void Empty_text_is_neither_content_nor_problem(string text) => Assert.Equal(new(1, 1, null, null), ConfigNodeReader.Read(text));

    [Fact]
    public void Aliases_that_multiply_are_refused_quickly()
    {
        var text = "a: &a [x, x, x, x, x, x, x, x, x, x]\n";
        for (var c = 'b'; c < 'm'; c++)
        {
            text += $"{c}: &{c} [{string.Join(", ", Enumerable.Repeat($"*{(char)(c - 1)}", 10))}]\n";
        }
        var watch = Stopwatch.StartNew();
        Assert.Contains("aliases expand to more", Problem(text), StringComparison.Ordinal);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5));
    }

    [Theory]
    [InlineData('[', "")]
    [InlineData('{', "")]
    [InlineData('[', "a: ")]
    public void Deep_nesting_is_refused_not_a_stack_overflow(char open, string head) =>
        Assert.NotNull(Problem(head + new string(open, 50_000)));

    [Fact]
    public void A_file_that_is_not_there_is_no_problem_and_one_that_is_not_text_is()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var path = Path.Combine(folder.FullName, "x");
            Assert.Equal(new() { Path = path }, ConfigNodeReader.ReadFile(path));
            File.WriteAllBytes(path, [0x61, 0x3a, 0x20, 0xff]);
            Assert.Contains("UTF-8", ConfigNodeReader.ReadFile(path).Problem, StringComparison.Ordinal);
            File.WriteAllBytes(path, [0xef, 0xbb, 0xbf, .. "a: b"u8]);
            Assert.Equal("a", ConfigNodeReader.ReadFile(path).Root!.Entries[0].Key);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Ten_thousand_mutated_files_throw_nothing()
    {
        const string Seed = "apiVersion: v1\nkind: Service\nmetadata: {name: \"a\", labels: &l {x: 'y'}}\nspec:\n  ports:\n  - port: 80\n    <<: *l\n  text: |\n    b\n---\n{\"a\": [1, 2.5, null]}\n";
        const string Alphabet = "\t\n :-[]{}'\"&*!|>%@#?,<~\\0a\u0000\ud800é";
        var random = new Random(20_26);
        for (var i = 0; i < 10_000; i++)
        {
            var text = Seed.ToCharArray().ToList();
            for (var changes = random.Next(1, 6); changes > 0; changes--)
            {
                var at = random.Next(text.Count);
                switch (random.Next(3))
                {
                    case 0: text.RemoveAt(at); break;
                    case 1: text.Insert(at, Alphabet[random.Next(Alphabet.Length)]); break;
                    default: text[at] = Alphabet[random.Next(Alphabet.Length)]; break;
                }
            }
            foreach (var document in ConfigNodeReader.ReadAll(new string([.. text])))
            {
                Assert.True(document.Root is null != document.Problem is null);
            }
        }
    }
}
