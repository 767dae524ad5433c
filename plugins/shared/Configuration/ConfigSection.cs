using System.Globalization;
using NetAgent.Contracts;

namespace NetAgent.Plugins.Shared.Configuration;

/// <summary>A mapping of a configuration with typed look-ups. Every complaint names source, key, line, value and what would be right.</summary>
internal sealed class ConfigSection
{
    private readonly List<string> _known = [];
    private readonly string _path;
    private readonly ConfigNode? _node;

    public ConfigSection(string source, string path, ConfigNode? node, ICollection<ConfigurationProblem> problems)
    {
        Source = source;
        _path = path;
        Problems = problems;
        if (node is { Kind: ConfigNodeKind.Scalar or ConfigNodeKind.Sequence })
        {
            Error("", node, "is not a mapping; keys with values belong here");
            return;
        }
        _node = node;
        foreach (var twice in Entries.GroupBy(e => e.Key).Where(g => g.Count() > 1))
        {
            problems.Add(new()
            {
                Severity = Severity.Warning,
                Source = source,
                Path = PathOf(twice.Key),
                Line = twice.Last().Line,
                Message = $"stands here {twice.Count()} times; the last one counts",
            });
        }
    }

    public string Source { get; }

    public ICollection<ConfigurationProblem> Problems { get; }

    public bool Exists => _node is { Kind: ConfigNodeKind.Mapping };

    public IReadOnlyList<ConfigEntry> Entries => _node?.Entries ?? [];

    public string PathOf(string key) => _path.Length == 0 ? key : key.Length == 0 ? _path : $"{_path}.{key}";

    /// <summary>The value of a key; null when it is absent or null, which Kubernetes' own readers take for the same.</summary>
    public ConfigNode? Find(string key)
    {
        _known.Add(key);
        var value = Entries.LastOrDefault(e => e.Key == key)?.Value;
        return value is { Kind: ConfigNodeKind.Null } ? null : value;
    }

    public ConfigSection Section(string key) => new(Source, PathOf(key), Find(key), Problems);

    public string? Text(string key)
    {
        var node = Find(key);
        if (node is null or { Kind: ConfigNodeKind.Scalar })
        {
            return node?.Text;
        }
        Error(key, node, "is not a single value");
        return null;
    }

    public bool? Boolean(string key)
    {
        var node = Find(key);
        if (node is null)
        {
            return null;
        }
        if (node is { Kind: ConfigNodeKind.Scalar, IsQuoted: false })
        {
            switch (node.Text)
            {
                case "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON":
                    return true;
                case "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF":
                    return false;
            }
        }
        Error(key, node, $"{Shown(node)} is not a boolean; write true or false, without quotes");
        return null;
    }

    public long? Integer(string key, long minimum, long maximum)
    {
        var node = Find(key);
        if (node is null)
        {
            return null;
        }
        if (node is not { Kind: ConfigNodeKind.Scalar, IsQuoted: false }
            || !long.TryParse(node.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value))
        {
            Error(key, node, $"{Shown(node)} is not a whole number; write one without quotes");
            return null;
        }
        if (value < minimum || value > maximum)
        {
            Error(key, node, string.Create(CultureInfo.InvariantCulture, $"{value} is out of range; {minimum} to {maximum} is right"));
            return null;
        }
        if (PlainNumber.Problem(node.Text) is { } problem)
        {
            Error(key, node, problem);
            return null;
        }
        return value;
    }

    /// <summary>A Go duration as a string (metav1.Duration): 24h, 1h30m, 0s.</summary>
    public TimeSpan? Duration(string key)
    {
        var node = Find(key);
        if (node is null)
        {
            return null;
        }
        var isNumber = !node.IsQuoted && double.TryParse(node.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out _);
        if (node.Kind != ConfigNodeKind.Scalar)
        {
            Error(key, node, $"{Shown(node)} is not a duration; write a number with its unit, such as 24h, 1h30m or 90s");
            return null;
        }
        if (isNumber || !GoDuration.TryParse(node.Text, out var value))
        {
            Error(key, node, DurationProblem.Of(node.Text));
            return null;
        }
        if (value < TimeSpan.Zero)
        {
            Error(key, node, $"{node.Text} is negative; a duration of 0s or more is right");
            return null;
        }
        return value;
    }

    /// <summary>A share of a whole as a fraction (0.8) or in percent (80%), above 0 and up to 1.</summary>
    public double? Share(string key)
    {
        var node = Find(key);
        if (node is null)
        {
            return null;
        }
        var isPercent = node.Text.EndsWith('%');
        if (node.Kind != ConfigNodeKind.Scalar
            || !double.TryParse(isPercent ? node.Text[..^1] : node.Text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value))
        {
            Error(key, node, $"{Shown(node)} is not a share; write a fraction such as 0.8, or 80%");
            return null;
        }
        value = isPercent ? value / 100 : value;
        if (value is <= 0 or > 1)
        {
            Error(key, node, $"{node.Text} is out of range; above 0 and up to 1 (100%) is right");
            return null;
        }
        if (PlainNumber.Problem(node.Text) is { } problem)
        {
            Error(key, node, problem);
            return null;
        }
        return value;
    }

    public IReadOnlyList<string> Texts(string key)
    {
        var node = Find(key);
        if (node is null)
        {
            return [];
        }
        if (node.Kind == ConfigNodeKind.Sequence && node.Items.All(i => i.Kind == ConfigNodeKind.Scalar && i.Text.Length > 0))
        {
            return [.. node.Items.Select(i => i.Text)];
        }
        Error(key, node, "is not a list of non-empty strings");
        return [];
    }

    public void Error(string key, ConfigNode? at, string message) =>
        Problems.Add(new() { Severity = Severity.Error, Source = Source, Path = PathOf(key), Line = at?.Line ?? 0, Message = message });

    public void Warn(string key, ConfigNode? at, string message) =>
        Problems.Add(new() { Severity = Severity.Warning, Source = Source, Path = PathOf(key), Line = at?.Line ?? 0, Message = message });

    /// <summary>Warns of every key that nothing asked for, with the nearest that something did.</summary>
    public void WarnOfUnknownKeys()
    {
        foreach (var entry in Entries.Where(e => !_known.Contains(e.Key)))
        {
            var hint = NearestName.Of(entry.Key, _known) is { } nearest ? $"did you mean {nearest}?" : $"known here: {string.Join(", ", _known.Distinct())}";
            Problems.Add(new()
            {
                Severity = Severity.Warning,
                Source = Source,
                Path = PathOf(entry.Key),
                Line = entry.Line,
                Message = $"is unknown and has no effect; {hint}",
            });
        }
    }

    public static string Shown(ConfigNode node) => node.Kind switch
    {
        ConfigNodeKind.Scalar => $"'{node.Text}'",
        ConfigNodeKind.Sequence => "a list",
        ConfigNodeKind.Mapping => "a mapping",
        _ => "null",
    };
}
