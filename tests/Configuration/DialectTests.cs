using NetAgent.Contracts;

namespace NetAgent.Configuration.Tests;

/// <summary>The same input gets the same answer, in the same words, in every file that the agent reads.</summary>
public sealed class DialectTests
{
    private static readonly Dictionary<FieldKind, string[]> _good = new()
    {
        [FieldKind.Boolean] = ["true", "false", "True", "yes", "NO", "on", "off", "y", "N"],
        [FieldKind.Duration] = ["1m", "\"1m30s\"", "+2s", "3000ms", "1.5h"],
        [FieldKind.Number] = ["5", "0.5", "1e1"],
        [FieldKind.WholeNumber] = ["5", "5.0", "1e1"],
        [FieldKind.Size] = ["64Mi", "\"1Gi\"", "67108864", "0.5Gi", "100M"],
        [FieldKind.Texts] = ["[]"],
        [FieldKind.Mapping] = ["{}"],
    };

    public static TheoryData<Field> Fields => Field.All;

    public static TheoryData<Field> Booleans => Field.Of(FieldKind.Boolean);

    public static TheoryData<Field> Durations => Field.Of(FieldKind.Duration);

    public static TheoryData<Field> Numbers => Field.Of(FieldKind.Number, FieldKind.WholeNumber);

    public static TheoryData<Field> Sizes => Field.Of(FieldKind.Size);

    public static TheoryData<Field> Lists => Field.Of(FieldKind.Texts);

    public static TheoryData<Field> Mappings => Field.Of(FieldKind.Mapping);

    public static TheoryData<Field> Words => Field.Of(FieldKind.Word);

    [Theory]
    [MemberData(nameof(Fields))]
    public void What_is_right_is_taken(Field field)
    {
        foreach (var value in _good.GetValueOrDefault(field.Kind, []))
        {
            Assert.DoesNotContain(Read(field, value), problem => problem.IsError);
        }
    }

    [Theory]
    [MemberData(nameof(Fields))]
    public void Null_is_as_absent(Field field)
    {
        var said = Read(field, "null").Where(problem => !problem.IsInformation);
        // To ip-masq-agent a list without a value is an empty one, which is another thing than the default.
        Assert.Equal(field is { File: "ip-masq-agent", Kind: FieldKind.Texts } ? [(field.Path, false)] : [], said.Select(problem => (problem.Path, problem.IsError)).Distinct());
    }

    [Theory]
    [MemberData(nameof(Fields))]
    public void A_key_given_twice_is_a_warning_and_the_last_counts(Field field)
    {
        var problem = Assert.Single(Read(field, "{a: [b]}", "null"), problem => problem.Message == "is given more than once; the last one counts");
        Assert.Equal((false, false, field.Path, field.Line + 1), (problem.IsError, problem.IsInformation, problem.Path, problem.Line));
    }

    [Theory]
    [MemberData(nameof(Fields))]
    public void An_unknown_key_is_a_warning_with_the_nearest_known_one(Field field)
    {
        // The other sections of kube-proxy's file are other plugins', so are misspelt ones.
        if (field.File.StartsWith("KubeProxyConfiguration", StringComparison.Ordinal) && !field.File.EndsWith("ipvs", StringComparison.Ordinal) && field.Kind == FieldKind.Mapping)
        {
            return;
        }
        var misspelt = field with { Path = field.Path + "x" };
        var problem = Assert.Single(Read(misspelt, "null"), problem => problem.Path == misspelt.Path);
        Assert.Equal((false, false, field.Line, $"is unknown and has no effect; did you mean {field.Key}?"), (problem.IsError, problem.IsInformation, problem.Line, problem.Message));
    }

    [Theory]
    [MemberData(nameof(Booleans))]
    public void A_bad_boolean(Field field)
    {
        const string right = "is not true or false; write one of them, without quotes";
        Refused(field, "maybe", $"'maybe' {right}");
        Refused(field, "1", $"'1' {right}");
        Refused(field, "\"true\"", $"'true' {right}");
        Refused(field, "[true]", $"a list {right}");
        Refused(field, "{a: b}", $"a mapping {right}");
    }

    [Theory]
    [MemberData(nameof(Durations))]
    public void A_bad_duration(Field field)
    {
        const string units = "(ns, us, ms, s, m, h)";
        Refused(field, "30", $"'30' is not a duration: its unit is missing {units}, as in 30s");
        Refused(field, "1d", $"'1d' is not a duration: 'd' is no unit {units}, as in 24h");
        Refused(field, "5min", $"'5min' is not a duration: 'min' is no unit {units}, as in 5m");
        Refused(field, "5 s", "'5 s' is not a duration: it has blanks, where 5s is right");
        Refused(field, "soon", $"'soon' is not a duration: a number with a unit {units} is needed, as in 60s or 1m30s");
        Refused(field, "''", "an empty text is not a duration; write a number with a unit, as in 60s or 1m30s");
        Refused(field, "2562048h", "'2562048h' is too long: 2562047h, about 292 years, is the longest duration");
        Refused(field, "-1h", $"'-1h' is out of range; {field.Range} is right");
        Refused(field, "[1s]", "a list is not a duration; write a number with its unit, such as 24h, 1m30s or 500ms");
    }

    [Theory]
    [MemberData(nameof(Numbers))]
    public void A_bad_number(Field field)
    {
        var right = $"is not {(field.Kind == FieldKind.WholeNumber ? "a whole number" : "a number")}; write one from {field.Range}, without quotes or a unit";
        Refused(field, "64k", $"'64k' {right}");
        Refused(field, "50%", $"'50%' {right}");
        Refused(field, "0x10", $"'0x10' {right}");
        Refused(field, "1_0", $"'1_0' {right}");
        Refused(field, "\"5\"", $"'5' {right}");
        Refused(field, "true", $"'true' {right}");
        Refused(field, "{a: b}", $"a mapping {right}");
        Refused(field, "-99999999999", $"'-99999999999' is out of range; {field.Range} is right");
        Refused(field, "99999999999", $"'99999999999' is out of range; {field.Range} is right");
        Refused(field, "010", "'010' has a leading zero, as octal numbers have; 10 is right");
        Refused(field, "+5", "'+5' has a sign; 5 is right");
        if (field.Kind == FieldKind.WholeNumber)
        {
            Refused(field, "1.5", $"'1.5' {right}");
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void A_bad_size(Field field)
    {
        const string right = "is not a size; write bytes, or a number with Ki, Mi or Gi, such as 512Mi";
        Refused(field, "much", $"'much' {right}");
        Refused(field, "64 Mi", $"'64 Mi' {right}");
        Refused(field, "64MiB", $"'64MiB' {right}");
        Refused(field, "-1", $"'-1' {right}");
        Refused(field, "[64Mi]", $"a list {right}");
        Refused(field, "0", $"'0' is out of range; {field.Range} is right");
        Refused(field, "064Mi", "'064Mi' has a leading zero, as octal numbers have; 64Mi is right");
    }

    [Theory]
    [MemberData(nameof(Lists))]
    public void A_bad_list(Field field)
    {
        const string list = "is not a list; write [a, b], or lines that start with '- '", item = "is not a text; write a single value, or leave it out";
        Refused(field, "a", $"'a' {list}");
        Refused(field, "{a: b}", $"a mapping {list}");
        Refused(field with { Path = field.Path + "[0]" }, field.With("['']"), $"'' {item}");
        Refused(field with { Path = field.Path + "[0]" }, field.With("[null]"), $"null {item}");
        Refused(field with { Path = field.Path + "[0]" }, field.With("[{a: b}]"), $"a mapping {item}");
    }

    [Theory]
    [MemberData(nameof(Mappings))]
    public void A_bad_mapping(Field field)
    {
        Refused(field, "a", "'a' is not a mapping; keys with values belong here");
        Refused(field, "[a]", "a list is not a mapping; keys with values belong here");
    }

    [Theory]
    [MemberData(nameof(Words))]
    public void A_bad_word(Field field)
    {
        Refused(field, "magic", $"'magic' is not known; one of {field.Range} is right");
        Refused(field, "[a]", "a list is not a text; write a single value");
    }

    public static TheoryData<string> Files => new(ReadFiles.Names);

    [Theory]
    [MemberData(nameof(Files))]
    public void A_file_that_is_no_mapping(string file)
    {
        foreach (var (text, shown) in new[] { ("just words", "'just words'"), ("- a", "a list") })
        {
            var problem = ReadFiles.ReadWhole(file, text)[0];
            Assert.Equal((true, "", 1, $"{shown} is not a mapping; keys with values belong here"), (problem.IsError, problem.Path, problem.Line, problem.Message));
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Problems_come_by_line(string file)
    {
        var body = string.Concat(Field.All.Select(row => row.Data).Where(field => field.File == file).Reverse().DistinctBy(field => field.Path.Split('.', '[')[0])
            .Select(field => field.With("[[], {}]")));
        var lines = ReadFiles.Read(file, body + "zzz: 1\n").Select(problem => problem.Line).ToArray();
        Assert.NotEmpty(lines);
        Assert.Equal(lines.Order(), lines);
    }

    private static IReadOnlyList<ConfigurationProblem> Read(Field field, params string[] values) => ReadFiles.Read(field.File, field.With(values));

    private static void Refused(Field field, string value, string message)
    {
        var body = value.Contains('\n', StringComparison.Ordinal) ? value : field.With(value);
        var problem = Assert.Single(ReadFiles.Read(field.File, body), problem => problem.IsError && problem.Path == field.Path);
        Assert.Equal((ReadFiles.Source, field.Line, message), (problem.Source, problem.Line, problem.Message));
    }
}
