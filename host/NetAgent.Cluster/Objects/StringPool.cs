using System.Text.Json;
using NetAgent.Contracts;

namespace NetAgent.Cluster.Objects;

/// <summary>
/// Keeps one string for each node name, zone, port name and namespace: a large cluster repeats a few thousand of them a million times.
/// Not thread-safe: one per reader.
/// </summary>
internal sealed class StringPool
{
    // Names come and go with autoscaling; past this the pool starts again, and the strings in use live on where they are used.
    private const int Capacity = 50_000;
    private const int LongestPooled = 256;

    private readonly Dictionary<string, EquatableArray<string>> _single = new(StringComparer.Ordinal);
    private readonly Dictionary<string, EquatableArray<string>>.AlternateLookup<ReadOnlySpan<char>> _lookup;

    public StringPool() => _lookup = _single.GetAlternateLookup<ReadOnlySpan<char>>();

    public int Count => _single.Count;

    /// <summary>The string token the reader stands on.</summary>
    public string Read(ref Utf8JsonReader reader)
    {
        var bytes = reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length;
        if (bytes > LongestPooled)
        {
            return reader.GetString()!;
        }
        Span<char> buffer = stackalloc char[LongestPooled];
        return Intern(buffer[..reader.CopyString(buffer)]);
    }

    /// <summary>An array of just this string, shared: most topology hints name one zone.</summary>
    public EquatableArray<string> Single(string text)
    {
        Intern(text);
        return _single[text];
    }

    private string Intern(ReadOnlySpan<char> text)
    {
        if (_lookup.TryGetValue(text, out var known))
        {
            return known[0];
        }
        if (_single.Count >= Capacity)
        {
            _single.Clear();
        }
        var added = text.ToString();
        _single.Add(added, [added]);
        return added;
    }
}
