namespace NetAgent.Cluster.Manifests;

/// <summary>
/// Files that were good and are broken or gone since a moment ago. Editors and copying tools empty a file before they write it, or replace
/// it by another; what a file held a moment ago is likelier to be meant than what it holds in between.
/// </summary>
internal sealed class HalfSaved(TimeProvider time)
{
    /// <summary>How soon to look whether a file is whole again.</summary>
    public static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(200);

    /// <summary>Broken for longer than this is broken.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, long> _since = new(StringComparer.Ordinal);

    public bool IsEmpty => _since.Count == 0;

    /// <summary>Whether a file, seen broken or gone, may still be in the middle of its writing.</summary>
    public bool IsYoung(string file)
    {
        if (!_since.TryGetValue(file, out var since))
        {
            _since.Add(file, time.GetTimestamp());
            return true;
        }
        return time.GetElapsedTime(since) < Patience;
    }

    /// <summary>The file is whole, or what it is has been taken note of.</summary>
    public void Over(string file) => _since.Remove(file);
}
