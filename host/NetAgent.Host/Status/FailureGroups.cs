using NetAgent.Dataplane;

namespace NetAgent.Host.Status;

/// <summary>Rows that failed of one thing.</summary>
/// <param name="Key">The same while it is the same thing, however many rows fail of it.</param>
/// <param name="Plugin">Whose rows; empty for several plugins'.</param>
/// <param name="Text">What it is, how many rows, and one of them.</param>
/// <param name="Single">The row, where it is one that is told by itself.</param>
internal readonly record struct FailureGroup(string Key, string Plugin, string Text, FailedRow? Single = null);

/// <summary>
/// What is said of refused rows: one line for one cause, whatever the number of rows. Row by row they are in <c>netagent status -o json</c>.
/// </summary>
internal static class FailureGroups
{
    // A kind of which there are only so many is told row by row: each may have a reason of its own.
    private const int ToldSingly = 3;

    public static IEnumerable<FailureGroup> Of(IReadOnlyList<FailedRow> failed)
    {
        var refused = failed.Where(row => !row.IsConflict && row.Kind != FailureKind.Waiting).ToArray();
        var waiting = failed.Where(row => row.Kind == FailureKind.Waiting).ToList();
        foreach (var group in refused.Where(row => row.Cause is not null).GroupBy(row => row.Cause!.Key, StringComparer.Ordinal))
        {
            var rows = group.ToArray();
            yield return new($"cause {group.Key}", PluginOf(rows), $"{rows[0].Cause!.Text}{Missing(rows, Take(waiting, rows))}");
        }
        foreach (var group in refused.Where(row => row.Cause is null).GroupBy(row => (row.Plugin, row.Table, row.Operation, row.Errno)))
        {
            var rows = group.ToArray();
            if (rows.Length > ToldSingly)
            {
                var (first, key) = (rows[0], group.Key);
                yield return new(FormattableString.Invariant($"{key.Table} {key.Operation} {key.Errno}"), first.Plugin,
                    $"{Counted.Rows(rows.Length, first.Table)} are refused, for example {first.Key}: {first.Operation}: {first.Reason}{Missing([], Take(waiting, rows))}");
                continue;
            }
            foreach (var row in rows)
            {
                yield return new($"{row.Table} {row.Key}", row.Plugin, $"{row.Table} {row.Key}: {row.Operation}: {row.Reason}", row);
            }
        }
        // What waits for something refused says nothing beyond it.
        foreach (var group in waiting.Where(row => refused.Length == 0).GroupBy(row => (row.Plugin, row.Key)))
        {
            yield return new($"waiting {group.Key.Key}", group.Key.Plugin, $"{Count([.. group])} {Waits([.. group])} for {group.Key.Key}");
        }
    }

    private static string PluginOf(FailedRow[] rows) => rows.Select(row => row.Plugin).Distinct().ToArray() is [var only] ? only : "";

    private static FailedRow[] Take(List<FailedRow> waiting, FailedRow[] causes)
    {
        var plugins = causes.Select(row => row.Plugin).ToHashSet(StringComparer.Ordinal);
        FailedRow[] taken = [.. waiting.Where(row => plugins.Contains(row.Plugin) || plugins.Contains(""))];
        waiting.RemoveAll(taken.Contains);
        return taken;
    }

    private static string Missing(FailedRow[] rows, FailedRow[] waiting)
    {
        var text = rows.Length == 0 ? "" : $"; not in the kernel: {Count(rows)}{Example(rows)}";
        return waiting.Length == 0 ? text : $"{text}; {Count(waiting)} {Waits(waiting)} for that";
    }

    private static string Example(FailedRow[] rows) =>
        rows.FirstOrDefault(row => !row.IsWholeTable) is { } row ? $", for example {row.Key}" : "";

    private static string Count(FailedRow[] rows) => string.Join(", ", rows.GroupBy(row => row.Table)
        .Select(table => Counted.Rows(table.Sum(row => row.Rows), table.Key)));

    private static string Waits(FailedRow[] rows) => Counted.Verb(rows.Sum(row => row.Rows), "wait");
}
