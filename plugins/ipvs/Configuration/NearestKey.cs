namespace NetAgent.Plugins.Ipvs.Configuration;

/// <summary>Finds the key that somebody meant.</summary>
internal static class NearestKey
{
    /// <summary>The known key nearest to what was written, or null when none is near.</summary>
    public static string? Of(string written, IEnumerable<string> known)
    {
        string? nearest = null;
        var least = 1 + written.Length / 2;
        foreach (var key in known)
        {
            var distance = Distance(written.ToUpperInvariant(), key.ToUpperInvariant());
            if (distance < least)
            {
                (nearest, least) = (key, distance);
            }
        }
        return nearest;
    }

    /// <summary>Letters to insert, delete or replace (Levenshtein).</summary>
    private static int Distance(string from, string to)
    {
        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var replaced = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, 1 + Math.Min(row[j], row[j - 1]));
            }
        }
        return row[to.Length];
    }
}
