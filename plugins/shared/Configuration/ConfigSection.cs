using System.Globalization;
using NetAgent.Contracts;

namespace NetAgent.Plugins.Shared.Configuration;

/// <summary>An item of a list of texts.</summary>
/// <param name="Text">What it says.</param>
/// <param name="Key">The list's key with the index: <c>excludeCIDRs[2]</c>.</param>
/// <param name="Line">Its line.</param>
internal readonly record struct ConfigItem(string Text, string Key, int Line);

/// <summary>
/// Reads one mapping key by key. Absent and null are the same, as for Kubernetes' own readers. What is asked for is what is known:
/// <see cref="Finish"/> warns of every other key. A wrong value is an error with key, line, value and what would be right, and reads as
/// absent, so that one pass finds every mistake.
/// </summary>
internal sealed class ConfigSection
{
    private readonly HashSet<string> _known;
    private readonly StringComparer _keys;
    private readonly string _path;
    private readonly ConfigNode? _node;
    private readonly int _line;

    /// <param name="node">A mapping; null reads as an empty one.</param>
    /// <param name="problems">Takes what is wrong.</param>
    /// <param name="path">Where it stands in its source; empty for all of it.</param>
    /// <param name="keys">How keys compare: ordinally, or without regard to case as Go's encoding/json has them.</param>
    /// <param name="line">The line of its key; 0 for the node's own.</param>
    public ConfigSection(ConfigNode? node, Problems problems, string path = "", StringComparer? keys = null, int line = 0)
    {
        _keys = keys ?? StringComparer.Ordinal;
        _known = new(_keys);
        _path = path;
        _line = line > 0 ? line : node?.Line ?? 0;
        Problems = problems;
        if (node is { Kind: ConfigNodeKind.Scalar or ConfigNodeKind.Sequence })
        {
            Error("", $"{Shown(node)} is not a mapping; keys with values belong here");
            return;
        }
        _node = node;
    }

    public Problems Problems { get; }

    /// <summary>There is a mapping, be it empty.</summary>
    public bool Exists => _node is { Kind: ConfigNodeKind.Mapping };

    public IReadOnlyList<ConfigEntry> Entries => _node?.Entries ?? [];

    public string PathOf(string key) => _path.Length == 0 ? key : key.Length == 0 ? _path : $"{_path}.{key}";

    /// <summary>The value of a key; null when it is absent or null. The last of several equal keys counts, as for Go's readers.</summary>
    public ConfigNode? Find(string key)
    {
        if (_known.Add(key) && Entries.Count(entry => _keys.Equals(entry.Key, key)) > 1)
        {
            Warn(key, "is given more than once; the last one counts");
        }
        return Entry(key) is { Value.Kind: not ConfigNodeKind.Null } entry ? entry.Value : null;
    }

    /// <summary>The key stands there and has no value.</summary>
    public bool IsNull(string key) => Find(key) is null && Entry(key) is not null;

    /// <summary>Every entry, of equal keys the last: for a mapping whose keys are free.</summary>
    public IReadOnlyList<ConfigEntry> All()
    {
        var keys = Entries.Select(entry => entry.Key).Distinct(_keys).ToArray();
        foreach (var key in keys)
        {
            _ = Find(key);
        }
        return [.. keys.Select(key => Entry(key)!)];
    }

    /// <summary>Names keys that others read, so that they are not unknown.</summary>
    public void Leave(params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
        {
            _known.Add(key);
        }
    }

    /// <summary>The mapping below a key; an empty one that does not exist when there is none.</summary>
    public ConfigSection Section(string key) => new(Find(key), Problems, PathOf(key), _keys, LineOf(key));

    /// <summary>The mappings of a list.</summary>
    public IEnumerable<ConfigSection> Sections(string key) =>
        Items(key).Select((item, index) => new ConfigSection(item, Problems, PathOf($"{key}[{index}]"), _keys));

    public string? Text(string key) => Scalar(key, "a text; write a single value")?.Text;

    public string? OneOf(string key, params string[] allowed)
    {
        var text = Text(key);
        if (text is null || allowed.Contains(text))
        {
            return text;
        }
        Error(key, $"'{text}' is not known; one of {string.Join(", ", allowed.Where(word => word.Length > 0))} is right");
        return null;
    }

    /// <summary>What a document says it is. Missing is right where nothing else can stand.</summary>
    public void Expect(string key, string wanted, bool isRequired)
    {
        if (Find(key) is null)
        {
            if (isRequired)
            {
                Error(key, $"is missing; {key}: {wanted} is right");
            }
            return;
        }
        _ = OneOf(key, wanted);
    }

    /// <summary>true and false, and the other words that YAML 1.1 has for them, which Go's reader takes.</summary>
    public bool? Boolean(string key)
    {
        const string what = "true or false; write one of them, without quotes";
        if (Scalar(key, what) is not { } node)
        {
            return null;
        }
        switch (node.IsQuoted ? "" : node.Text.ToUpperInvariant())
        {
            case "TRUE" or "YES" or "ON" or "Y":
                return true;
            case "FALSE" or "NO" or "OFF" or "N":
                return false;
            default:
                Error(key, $"{Shown(node)} is not {what}");
                return null;
        }
    }

    public long? Integer(string key, long minimum, long maximum) => (long?)Decimal(key, "a whole number", minimum, maximum, isWhole: true);

    public double? Number(string key, decimal minimum, decimal maximum) =>
        (double?)Decimal(key, "a number", minimum, maximum, isWhole: false);

    /// <summary>A share of a whole as a fraction (0.8) or in percent (80%), above 0 and up to 1.</summary>
    public double? Share(string key)
    {
        const string what = "a share; write a fraction such as 0.8, or 80%";
        if (Scalar(key, what) is not { Text: var text } node)
        {
            return null;
        }
        var isPercent = text.EndsWith('%');
        if (!decimal.TryParse(isPercent ? text[..^1] : text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value))
        {
            Error(key, $"{Shown(node)} is not {what}");
            return null;
        }
        value = isPercent ? value / 100 : value;
        return Checked(key, text, value is > 0 and <= 1, "above 0 and up to 1 (100%)") ? (double)value : null;
    }

    /// <summary>Bytes, as Kubernetes writes them: <c>256Mi</c>.</summary>
    public long? Size(string key, long minimum, long maximum)
    {
        const string what = "a size; write bytes, or a number with Ki, Mi or Gi, such as 512Mi";
        if (Scalar(key, what) is not { Text: var text } node)
        {
            return null;
        }
        if (!ByteSize.TryParse(text, out var bytes))
        {
            Error(key, $"{Shown(node)} is not {what}");
            return null;
        }
        return Checked(key, text, bytes >= minimum && bytes <= maximum, $"{ByteSize.ToText(minimum)} to {ByteSize.ToText(maximum)}")
            ? bytes : null;
    }

    /// <summary>A Go duration (metav1.Duration): 24h, 1h30m, 0s.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="minimum">The shortest that is right.</param>
    /// <param name="maximum">The longest; null for any.</param>
    public TimeSpan? Duration(string key, TimeSpan minimum = default, TimeSpan? maximum = null)
    {
        if (Scalar(key, "a duration; write a number with its unit, such as 24h, 1m30s or 500ms") is not { Text: var text })
        {
            return null;
        }
        if (!GoDuration.TryParse(text, out var duration))
        {
            Error(key, DurationProblem.Of(text));
            return null;
        }
        var isRight = duration >= minimum && (maximum is null || duration <= maximum);
        if (!isRight)
        {
            Error(key,
                $"'{text}' is out of range; {GoDuration.ToText(minimum)}"
                + $" {(maximum is { } most ? $"to {GoDuration.ToText(most)}" : "or more")} is right");
        }
        return isRight ? duration : null;
    }

    /// <summary>A list of texts; null when the key is absent.</summary>
    public IReadOnlyList<ConfigItem>? Texts(string key)
    {
        if (Find(key) is null)
        {
            return null;
        }
        var texts = new List<ConfigItem>();
        foreach (var (index, item) in Items(key).Index())
        {
            var place = new ConfigItem(item.Text, $"{key}[{index}]", item.Line);
            if (item is { Kind: ConfigNodeKind.Scalar, Text.Length: > 0 })
            {
                texts.Add(place);
            }
            else
            {
                Error(place, $"{Shown(item)} is not a text; write a single value, or leave it out");
            }
        }
        return texts;
    }

    public void Error(string key, string message) => Problems.Error(PathOf(key), LineOf(key), message);

    public void Error(ConfigItem item, string message) => Problems.Error(PathOf(item.Key), item.Line, message);

    public void Warn(string key, string message) => Problems.Warn(PathOf(key), LineOf(key), message);

    public void Warn(ConfigItem item, string message) => Problems.Warn(PathOf(item.Key), item.Line, message);

    public void Inform(string key, string message) => Problems.Inform(PathOf(key), LineOf(key), message);

    /// <summary>Warns of keys that nobody asked for, with the nearest of those asked for.</summary>
    public void Finish()
    {
        foreach (var key in Entries.Select(entry => entry.Key).Where(key => !_known.Contains(key)).Distinct(_keys))
        {
            var nearest = NearestName.Of(key, _known);
            Warn(key,
                "is unknown and has no effect;"
                + $" {(nearest is null ? $"known here: {string.Join(", ", _known)}" : $"did you mean {nearest}?")}");
        }
    }

    /// <summary>A value as messages name it.</summary>
    public static string Shown(ConfigNode node) => node.Kind switch
    {
        ConfigNodeKind.Scalar => $"'{node.Text}'",
        ConfigNodeKind.Sequence => "a list",
        ConfigNodeKind.Mapping => "a mapping",
        _ => "null",
    };

    private decimal? Decimal(string key, string what, decimal minimum, decimal maximum, bool isWhole)
    {
        var range = string.Create(CultureInfo.InvariantCulture, $"{minimum} to {maximum}");
        what = $"{what}; write one from {range}, without quotes or a unit";
        if (Scalar(key, what) is not { } node)
        {
            return null;
        }
        // Go's reader takes 64.0 and 1e3 for whole numbers too.
        if (node.IsQuoted || !decimal.TryParse(node.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            || (isWhole && value != decimal.Truncate(value)))
        {
            Error(key, $"{Shown(node)} is not {what}");
            return null;
        }
        return Checked(key, node.Text, value >= minimum && value <= maximum, range) ? value : null;
    }

    private bool Checked(string key, string text, bool isInRange, string range)
    {
        var problem = isInRange ? PlainNumber.Problem(text) : $"'{text}' is out of range; {range} is right";
        if (problem is not null)
        {
            Error(key, problem);
        }
        return problem is null;
    }

    private ConfigNode? Scalar(string key, string what)
    {
        var node = Find(key);
        if (node is { Kind: not ConfigNodeKind.Scalar })
        {
            Error(key, $"{Shown(node)} is not {what}");
            return null;
        }
        return node;
    }

    private IReadOnlyList<ConfigNode> Items(string key)
    {
        var node = Find(key);
        if (node is { Kind: not ConfigNodeKind.Sequence })
        {
            Error(key, $"{Shown(node)} is not a list; write [a, b], or lines that start with '- '");
        }
        return node?.Items ?? [];
    }

    private ConfigEntry? Entry(string key) => Entries.LastOrDefault(entry => _keys.Equals(entry.Key, key));

    private int LineOf(string key) => Entry(key)?.Line ?? _line;
}
