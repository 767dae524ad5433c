namespace NetAgent.Contracts;

/// <summary>What a configuration value is.</summary>
public enum ConfigNodeKind : byte
{
    /// <summary>null, ~ or nothing after the key.</summary>
    Null,

    /// <summary>A string, number or boolean: see <see cref="ConfigNode.Text"/>.</summary>
    Scalar,

    /// <summary>A list.</summary>
    Sequence,

    /// <summary>Keys with values.</summary>
    Mapping,
}

/// <summary>One key of a mapping.</summary>
/// <param name="Key">The key as written.</param>
/// <param name="Line">Its line, from 1.</param>
/// <param name="Value">Its value.</param>
public sealed record ConfigEntry(string Key, int Line, ConfigNode Value);

/// <summary>
/// A value of a YAML or JSON document, with its line, so that a plugin needs no parser of its own and can name what is wrong. Order and
/// duplicate keys are kept.
/// </summary>
public sealed record ConfigNode
{
    /// <summary>What it is.</summary>
    public required ConfigNodeKind Kind { get; init; }

    /// <summary>Its line, from 1; 0 when it came from elsewhere.</summary>
    public int Line { get; init; }

    /// <summary>Text of a scalar after unescaping; empty otherwise.</summary>
    public string Text { get; init; } = "";

    /// <summary>The scalar was quoted, so it is a string whatever it looks like.</summary>
    public bool IsQuoted { get; init; }

    /// <summary>Entries of a mapping, in order.</summary>
    public IReadOnlyList<ConfigEntry> Entries { get; init; } = [];

    /// <summary>Items of a sequence, in order.</summary>
    public IReadOnlyList<ConfigNode> Items { get; init; } = [];
}
