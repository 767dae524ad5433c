namespace NetAgent.Plugins.Shared.Configuration;

/// <summary>Finds what somebody probably meant to type.</summary>
internal static class NearestName
{
    // A kilobyte-long key is no typing mistake, and comparing it would cost its length squared.
    private const int Longest = 128;

    /// <summary>
    /// The known name with the fewest edits (Levenshtein, without regard to case), or null when none is close enough to be a slip.
    /// </summary>
    /// <param name="name">As typed.</param>
    /// <param name="known">What can be meant.</param>
    /// <param name="most">Edits that a slip has at most, besides the third of a long name.</param>
    public static string? Of(string name, IEnumerable<string> known, int most = int.MaxValue)
    {
        string? best = null;
        var bestDistance = int.MaxValue;
        foreach (var candidate in name.Length > Longest ? [] : known)
        {
            var distance = Distance(name.ToUpperInvariant(), candidate.ToUpperInvariant());
            if (distance < bestDistance && distance <= Math.Min(most, Math.Max(2, candidate.Length / 3)))
            {
                (best, bestDistance) = (candidate, distance);
            }
        }
        return best;
    }

    private static int Distance(string left, string right)
    {
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(diagonal + (left[i - 1] == right[j - 1] ? 0 : 1), Math.Min(above, row[j - 1]) + 1);
                diagonal = above;
            }
        }
        return row[^1];
    }
}
