namespace NetAgent.Plugins.MasqAgent.Settings;

/// <summary>Finds the known word that a typing mistake most likely meant.</summary>
internal static class Spelling
{
    /// <summary>The nearest word by edit distance without regard to case, or null when none is near.</summary>
    public static string? Nearest(string word, IEnumerable<string> known)
    {
        // A kilobyte-long key is no typing mistake, and comparing it would cost its length squared.
        if (word.Length > 64)
        {
            return null;
        }
        var best = known.Select(k => (Word: k, Distance: Distance(word.ToUpperInvariant(), k.ToUpperInvariant()))).MinBy(k => k.Distance);
        return best.Word is not null && best.Distance <= Math.Max(2, best.Word.Length / 3) ? best.Word : null;
    }

    private static int Distance(string left, string right)
    {
        var previous = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var current = new int[right.Length + 1];
            current[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var substitution = previous[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
                current[j] = Math.Min(substitution, Math.Min(previous[j], current[j - 1]) + 1);
            }
            previous = current;
        }
        return previous[right.Length];
    }
}
