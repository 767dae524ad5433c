using System.Globalization;
using NetAgent.Contracts;
using NetAgent.Plugins.Shared.Configuration;

namespace NetAgent.Plugins.Ipvs.Configuration;

/// <summary>A value found in a file: where it is and what it says.</summary>
internal readonly record struct Field<T>(T Value, string Path, int Line);

/// <summary>
/// Reads one mapping key by key. Absent and null are the same; what has the wrong type is an error; keys that nobody asked for are
/// found at the end (<see cref="ReportUnknownKeys"/>).
/// </summary>
internal sealed class Section(ConfigNode node, string path, ProblemList problems)
{
    private readonly List<string> _known = [];

    public ProblemList Problems => problems;

    /// <summary>All keys, known or not.</summary>
    public IEnumerable<string> Keys => node.Entries.Select(entry => entry.Key).Distinct();

    public string PathOf(string key) => path.Length == 0 ? key : $"{path}.{key}";

    public int LineOf(string key) => Find(key)?.Line ?? node.Line;

    /// <summary>The line of a key whose inside nobody reads; null where it holds only what is empty, zero or false, as kubeadm writes fields that nobody set.</summary>
    public int? Mention(string key) => Take(key) is { } entry && SaysSomething(entry.Value) ? entry.Line : null;

    /// <summary>Names keys that others read, so that they are not unknown.</summary>
    public void Leave(params string[] keys) => _known.AddRange(keys);

    public Section? Mapping(string key)
    {
        if (Take(key) is not { } entry)
        {
            return null;
        }
        if (entry.Value.Kind == ConfigNodeKind.Mapping)
        {
            return new Section(entry.Value, PathOf(key), problems);
        }
        problems.Error(PathOf(key), entry.Line, $"is {Describe(entry.Value)}; it must be a mapping of keys to values");
        return null;
    }

    public Field<string>? Text(string key)
    {
        if (Take(key) is not { } entry)
        {
            return null;
        }
        if (entry.Value.Kind == ConfigNodeKind.Scalar && (entry.Value.IsQuoted || !IsNumberOrFlag(entry.Value.Text)))
        {
            return new(entry.Value.Text, PathOf(key), entry.Line);
        }
        problems.Error(PathOf(key), entry.Line, $"is {Describe(entry.Value)}; it must be a string (in quotes where it looks like a number)");
        return null;
    }

    public Field<bool>? Flag(string key)
    {
        if (Take(key) is not { } entry)
        {
            return null;
        }
        if (entry.Value is { Kind: ConfigNodeKind.Scalar, IsQuoted: false } && AsFlag(entry.Value.Text) is { } flag)
        {
            return new(flag, PathOf(key), entry.Line);
        }
        problems.Error(PathOf(key), entry.Line, $"is {Describe(entry.Value)}; it must be true or false");
        return null;
    }

    public Field<double>? Number(string key, double least, double most, bool whole = true)
    {
        if (Take(key) is not { } entry)
        {
            return null;
        }
        if (entry.Value is { Kind: ConfigNodeKind.Scalar, IsQuoted: false }
            && double.TryParse(entry.Value.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && number >= least && number <= most && (!whole || number == Math.Floor(number)))
        {
            return new(number, PathOf(key), entry.Line);
        }
        var kind = whole ? "a whole number" : "a number";
        problems.Error(PathOf(key), entry.Line, string.Create(CultureInfo.InvariantCulture, $"is {Describe(entry.Value)}; it must be {kind} from {least} to {most}"));
        return null;
    }

    /// <summary>A metav1.Duration: a string such as 30s.</summary>
    public Field<TimeSpan>? Duration(string key)
    {
        if (Take(key) is not { } entry)
        {
            return null;
        }
        // Go refuses an unquoted 0 too, but what it means is plain.
        if (entry.Value.Kind == ConfigNodeKind.Scalar && GoDuration.TryParse(entry.Value.Text, out var duration))
        {
            return new(duration, PathOf(key), entry.Line);
        }
        problems.Error(PathOf(key), entry.Line, $"is {Describe(entry.Value)}; a duration is a string with units such as \"30s\", \"1m30s\" or \"500ms\"");
        return null;
    }

    public IReadOnlyList<Field<string>> Texts(string key)
    {
        if (Take(key) is not { } entry)
        {
            return [];
        }
        if (entry.Value.Kind != ConfigNodeKind.Sequence)
        {
            problems.Error(PathOf(key), entry.Line, $"is {Describe(entry.Value)}; it must be a list of strings");
            return [];
        }
        var texts = new List<Field<string>>();
        foreach (var (item, index) in entry.Value.Items.Select((item, index) => (item, index)))
        {
            var itemPath = $"{PathOf(key)}[{index}]";
            if (item.Kind == ConfigNodeKind.Scalar)
            {
                texts.Add(new(item.Text, itemPath, item.Line));
            }
            else
            {
                problems.Error(itemPath, item.Line, $"is {Describe(item)}; it must be a string");
            }
        }
        return texts;
    }

    /// <summary>Warns of keys that nobody asked for and of keys given twice, as kube-proxy's strict reading does before its lenient one.</summary>
    public void ReportUnknownKeys()
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in node.Entries)
        {
            if (!seen.Add(entry.Key))
            {
                problems.Warning(PathOf(entry.Key), entry.Line, "is given twice; the last one counts");
            }
            else if (!_known.Contains(entry.Key))
            {
                var nearest = NearestName.Of(entry.Key, _known);
                problems.Warning(PathOf(entry.Key), entry.Line,
                    $"is not a known key{(nearest is null ? "." : $"; did you mean {PathOf(nearest)}?")} It is ignored.");
            }
        }
    }

    private ConfigEntry? Take(string key)
    {
        _known.Add(key);
        return Find(key) is { Value.Kind: not ConfigNodeKind.Null } entry ? entry : null;
    }

    private ConfigEntry? Find(string key) => node.Entries.LastOrDefault(entry => entry.Key == key);

    private static bool SaysSomething(ConfigNode value) => value.Kind switch
    {
        ConfigNodeKind.Scalar => value.Text is not ("" or "0" or "0s" or "false"),
        ConfigNodeKind.Sequence => value.Items.Any(SaysSomething),
        ConfigNodeKind.Mapping => value.Entries.Any(entry => SaysSomething(entry.Value)),
        _ => false,
    };

    private static string Describe(ConfigNode value) => value.Kind switch
    {
        ConfigNodeKind.Scalar => $"\"{value.Text}\"",
        ConfigNodeKind.Sequence => "a list",
        ConfigNodeKind.Mapping => "a mapping",
        _ => "null",
    };

    private static bool IsNumberOrFlag(string text) =>
        AsFlag(text) is not null || double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _);

    // YAML 1.1, which Kubernetes' tools read, knows more words than JSON.
    private static bool? AsFlag(string text) => text switch
    {
        "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON" => true,
        "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF" => false,
        _ => null,
    };
}
