using NetAgent.Contracts;

namespace NetAgent.Configuration.Tests;

/// <summary>Whatever stands in a file: no crash, and no complaint that lacks file, key or value.</summary>
public sealed class FuzzTests
{
    private static readonly string[] _scalars =
    [
        "", "~", "null", "true", "yes", "off", "0", "-1", "+1", "010", "0x1f", "1e9", "1e400", ".inf", ".nan", "99999999999999999999", "64k", "5m", "-5m", "1h1", "9e18h",
        "''", "\"\"", "\" \"", "\"\\0\"", "'5'", "10.0.0.0/8", "fd00::/64", "256Mi", "9999999Ti", "50%", "%", "a: b", "!!str 1", "|\n    x\n    y", "\"\\ud800\"", "é", new('x', 2000),
    ];

    public static TheoryData<Field> Fields => Field.All;

    public static TheoryData<string> Files => new(ReadFiles.Names);

    [Theory]
    [MemberData(nameof(Fields))]
    public void A_wrong_value_is_named_with_its_file_key_and_line(Field field)
    {
        foreach (var value in _scalars.Concat(_scalars.Select(s => $"[{s}]")).Concat(["{}", "{a: b}", "[[a]]", "[{a: 1}, [b]]"]))
        {
            var problems = ReadFiles.Read(field.File, field.With(value));
            Assert.All(problems, problem => Assert.NotEmpty(problem.Message));
            foreach (var problem in problems.Where(problem => problem.IsError && problem.Path.StartsWith(field.Path, StringComparison.Ordinal)))
            {
                // A list that is too long, say, is no matter of one line.
                Assert.True(problem.Line >= field.Line || problem.Line == 0, $"{value}: {problem}");
                Assert.True(Shown(value, problem), $"{value}: {problem}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Any_tree_is_read_and_every_complaint_says_where(string file)
    {
        var random = new Random(17);
        var keys = Field.All.Select(row => row.Data).SelectMany(field => field.Path.Split('.')).Select(part => part.Split('[')[0]).Distinct().Append("zzz").ToArray();
        for (var round = 0; round < 400; round++)
        {
            var problems = ReadFiles.Read(file, Tree(random, keys, "", 0));
            Assert.All(problems, problem =>
            {
                Assert.NotEmpty(problem.Source);
                Assert.NotEmpty(problem.Message);
                Assert.DoesNotContain(problem.Message, c => c is '\n' or '\r');
            });
            Assert.Equal(problems.Where(p => p.Source == ReadFiles.Source).Select(p => p.Line).Order(), problems.Where(p => p.Source == ReadFiles.Source).Select(p => p.Line));
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Any_text_is_read(string file)
    {
        var random = new Random(18);
        const string alphabet = "ab:-[]{}\"'|>&*!%#@`,?~ \t\n\n0.kind";
        for (var round = 0; round < 2000; round++)
        {
            var text = new string([.. Enumerable.Range(0, random.Next(40)).Select(_ => alphabet[random.Next(alphabet.Length)])]);
            Assert.All(ReadFiles.ReadWhole(file, text), problem => Assert.NotEmpty(problem.Message));
        }
    }

    // The value's beginning, or what kind of thing it is.
    private static bool Shown(string value, ConfigurationProblem problem)
    {
        if (problem.Message.Contains("a list", StringComparison.Ordinal) || problem.Message.Contains("a mapping", StringComparison.Ordinal)
            || problem.Message.Contains("null", StringComparison.Ordinal) || problem.Message.Contains("empty", StringComparison.Ordinal))
        {
            return true;
        }
        var bare = value.Trim('[', ']', '\'', '"', ' ', '|', '\n');
        return bare.Length == 0 || value.Contains('\\', StringComparison.Ordinal) || value.Contains('!', StringComparison.Ordinal)
            || problem.Message.Contains(bare[..Math.Min(bare.Length, 1)], StringComparison.Ordinal);
    }

    private static string Tree(Random random, string[] keys, string indent, int depth)
    {
        var text = "";
        for (var count = random.Next(1, 5); count > 0; count--)
        {
            var key = keys[random.Next(keys.Length)];
            text += random.Next(depth > 2 ? 2 : 4) switch
            {
                0 or 1 => $"{indent}{key}: {Plain(random)}\n",
                2 => $"{indent}{key}:\n{Tree(random, keys, indent + "  ", depth + 1)}",
                _ => $"{indent}{key}:\n{indent}- {Plain(random)}\n{indent}- {{{keys[random.Next(keys.Length)]}: {Plain(random)}}}\n",
            };
        }
        return text;
    }

    private static string Plain(Random random)
    {
        string value;
        do
        {
            value = _scalars[random.Next(_scalars.Length)];
        }
        while (value.Contains('|', StringComparison.Ordinal) || value.Contains(": ", StringComparison.Ordinal));
        return value;
    }
}
