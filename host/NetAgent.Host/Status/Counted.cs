using System.Globalization;

namespace NetAgent.Host.Status;

/// <summary>Numbers with what they count: <c>1 row</c>, <c>2 rows</c>.</summary>
internal static class Counted
{
    public static string Of(long count, string noun) => string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? noun : noun + "s")}");

    /// <summary>Rows of a kind of kernel object, which the dataplane names in the plural: <c>1 ipset entry</c>.</summary>
    public static string Rows(long count, string table) => string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? Singular(table) : table)}");

    /// <summary>The verb after a number: <c>1 row waits</c>, <c>2 rows wait</c>.</summary>
    public static string Verb(long count, string verb) => count == 1 ? verb + "s" : verb;

    private static string Singular(string table) =>
        table.EndsWith("ies", StringComparison.Ordinal) ? table[..^3] + "y"
        : table.EndsWith("sses", StringComparison.Ordinal) ? table[..^2]
        : table.TrimEnd('s');
}
