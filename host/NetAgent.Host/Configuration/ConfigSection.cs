using System.Globalization;
using NetAgent.Contracts;
using NetAgent.Plugins.Shared.Configuration;

namespace NetAgent.Host.Configuration;

/// <summary>
/// Reads one mapping key by key. What is asked for is what is known: <see cref="Finish"/> warns of every other key and names the
/// nearest of those asked for. A wrong value is reported and the default returned, so that one pass finds every mistake.
/// </summary>
internal sealed class ConfigSection(ConfigNode node, string source, string path, ICollection<ConfigurationProblem> problems)
{
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    public int Line => node.Line;

    public string PathOf(string key) => path.Length == 0 ? key : $"{path}.{key}";

    /// <summary>The value of a key, or null when it is absent or null.</summary>
    public ConfigNode? Value(string key)
    {
        _known.Add(key);
        ConfigNode? found = null;
        foreach (var entry in node.Entries)
        {
            if (entry.Key != key)
            {
                continue;
            }
            if (found is not null)
            {
                Error(key, entry.Line, "the key is given twice; keep one");
            }
            found = entry.Value;
        }
        return found is { Kind: ConfigNodeKind.Null } ? null : found;
    }

    public string? Text(string key) => Scalar(key)?.Text;

    public string OneOf(string key, string standard, params ReadOnlySpan<string> allowed)
    {
        if (Scalar(key) is not { } value)
        {
            return standard;
        }
        if (allowed.Contains(value.Text))
        {
            return value.Text;
        }
        Error(key, value.Line, $"'{value.Text}' is none of {string.Join(", ", allowed.ToArray())}");
        return standard;
    }

    public bool Boolean(string key, bool standard)
    {
        switch (Scalar(key))
        {
            case null: return standard;
            case { Text: "true", IsQuoted: false }: return true;
            case { Text: "false", IsQuoted: false }: return false;
            case { } other:
                Error(key, other.Line, $"'{other.Text}' is not true or false");
                return standard;
        }
    }

    public double Number(string key, double standard, double low, double high)
    {
        if (Scalar(key) is not { } value)
        {
            return standard;
        }
        if (double.TryParse(value.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= low && number <= high)
        {
            return number;
        }
        Error(key, value.Line, string.Create(CultureInfo.InvariantCulture, $"'{value.Text}' is not a number from {low} to {high}"));
        return standard;
    }

    /// <summary>Bytes, as Kubernetes writes them: <c>256Mi</c>.</summary>
    public long Size(string key, long standard, long low, long high)
    {
        if (Scalar(key) is not { } value)
        {
            return standard;
        }
        if (ByteSize.TryParse(value.Text, out var bytes) && bytes >= low && bytes <= high)
        {
            return bytes;
        }
        Error(key, value.Line, $"'{value.Text}' is not a size from {ByteSize.ToText(low)} to {ByteSize.ToText(high)}, such as {ByteSize.ToText(standard)}");
        return standard;
    }

    public TimeSpan Duration(string key, TimeSpan standard, TimeSpan low, TimeSpan high)
    {
        if (Scalar(key) is not { } value)
        {
            return standard;
        }
        if (GoDuration.TryParse(value.Text, out var duration) && duration >= low && duration <= high)
        {
            return duration;
        }
        Error(key, value.Line,
            $"'{value.Text}' is not a duration from {GoDuration.ToText(low)} to {GoDuration.ToText(high)}, such as {GoDuration.ToText(standard)}");
        return standard;
    }

    public EquatableArray<string> Texts(string key)
    {
        var texts = new List<string>();
        foreach (var item in Items(key))
        {
            if (item.Kind == ConfigNodeKind.Scalar)
            {
                texts.Add(item.Text);
            }
            else
            {
                Error($"{key}[{texts.Count}]", item.Line, "must be a string");
            }
        }
        return texts.ToEquatableArray();
    }

    public EquatableArray<Label> Map(string key)
    {
        if (Value(key) is not { } value)
        {
            return [];
        }
        if (value.Kind != ConfigNodeKind.Mapping)
        {
            Error(key, value.Line, "must be keys with values, such as `node-role: edge`");
            return [];
        }
        // A key without a value is an empty text, as Kubernetes reads it (`node-role.kubernetes.io/control-plane:`).
        var section = new ConfigSection(value, source, PathOf(key), problems);
        return value.Entries.Select(entry => entry.Key).Distinct(StringComparer.Ordinal).Select(name => new Label(name, section.Text(name) ?? "")).ToEquatableArray();
    }

    public ConfigSection? Section(string key)
    {
        if (Value(key) is not { } value)
        {
            return null;
        }
        if (value.Kind == ConfigNodeKind.Mapping)
        {
            return new(value, source, PathOf(key), problems);
        }
        Error(key, value.Line, "must hold keys with values");
        return null;
    }

    public IEnumerable<ConfigSection> Sections(string key)
    {
        var index = 0;
        foreach (var item in Items(key))
        {
            if (item.Kind == ConfigNodeKind.Mapping)
            {
                yield return new(item, source, $"{PathOf(key)}[{index}]", problems);
            }
            else
            {
                Error($"{key}[{index}]", item.Line, "must hold keys with values, such as `- name: ipvs`");
            }
            index++;
        }
    }

    /// <summary>Warns of keys nobody asked for.</summary>
    public void Finish()
    {
        foreach (var entry in node.Entries.Where(entry => !_known.Contains(entry.Key)))
        {
            var nearest = NearestName.Of(entry.Key, _known);
            problems.Add(new()
            {
                Severity = Severity.Warning,
                Source = source,
                Path = PathOf(entry.Key),
                Line = entry.Line,
                Message = nearest is null
                ? $"unknown key, ignored; known here are {string.Join(", ", _known.Order(StringComparer.Ordinal))}"
                : $"unknown key, ignored; did you mean '{nearest}'?",
            });
        }
    }

    public void Error(string key, int line, string message) => problems.Add(new()
    {
        Severity = Severity.Error,
        Source = source,
        Path = PathOf(key),
        Line = line,
        Message = message,
    });

    public void Warn(string key, int line, string message) => problems.Add(new()
    {
        Severity = Severity.Warning,
        Source = source,
        Path = PathOf(key),
        Line = line,
        Message = message,
    });

    private ConfigNode? Scalar(string key)
    {
        if (Value(key) is not { } value)
        {
            return null;
        }
        if (value.Kind == ConfigNodeKind.Scalar)
        {
            return value;
        }
        Error(key, value.Line, "must be a single value, not a list or keys");
        return null;
    }

    private IReadOnlyList<ConfigNode> Items(string key)
    {
        if (Value(key) is not { } value)
        {
            return [];
        }
        if (value.Kind == ConfigNodeKind.Sequence)
        {
            return value.Items;
        }
        Error(key, value.Line, "must be a list (lines that start with '- ')");
        return [];
    }
}
