using NetAgent.Contracts;
using NetAgent.Dataplane;
using NetAgent.Dataplane.Tables;

namespace NetAgent.Kernel.Tests;

/// <summary>Short ways to apply rows and see what was refused.</summary>
internal static class Changes
{
    public static List<RowRefusal> Add<TKey, TRow>(this IKernelTable<TKey, TRow> table, params TRow[] rows)
        where TKey : notnull
        where TRow : struct, IRow<TKey>, IEquatable<TRow> => table.Make(RowChangeKind.Add, rows);

    public static List<RowRefusal> Replace<TKey, TRow>(this IKernelTable<TKey, TRow> table, params TRow[] rows)
        where TKey : notnull
        where TRow : struct, IRow<TKey>, IEquatable<TRow> => table.Make(RowChangeKind.Replace, rows);

    public static List<RowRefusal> Remove<TKey, TRow>(this IKernelTable<TKey, TRow> table, params TRow[] rows)
        where TKey : notnull
        where TRow : struct, IRow<TKey>, IEquatable<TRow> => table.Make(RowChangeKind.Remove, rows);

    private static List<RowRefusal> Make<TKey, TRow>(this IKernelTable<TKey, TRow> table, RowChangeKind kind, TRow[] rows)
        where TKey : notnull
        where TRow : struct, IRow<TKey>, IEquatable<TRow>
    {
        var refusals = new List<RowRefusal>();
        table.Apply([.. rows.Select(row => new RowChange<TRow>(kind, row, row))], refusals);
        return refusals;
    }
}
