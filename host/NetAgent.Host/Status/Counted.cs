using System.Globalization;

namespace NetAgent.Host.Status;

/// <summary>Numbers with what they count: <c>1 row</c>, <c>2 rows</c>.</summary>
internal static class Counted
{
    public static string Of(long count, string noun) => string.Create(CultureInfo.InvariantCulture, $"{count} {noun}{(count == 1 ? "" : "s")}");
}
