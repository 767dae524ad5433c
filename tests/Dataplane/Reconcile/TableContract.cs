using NetAgent.Contracts;
using NetAgent.Dataplane.Tables;

namespace NetAgent.Dataplane.Tests.Reconcile;

/// <summary>
/// What every table promises the reconciler, of whatever kind its rows are. The tables in memory and the kernel's own run it alike: what the
/// reconciler's tests rest on is what the kernel does.
/// </summary>
public abstract class TableContract<TKey, TRow>
    where TKey : notnull, IEquatable<TKey>
    where TRow : struct, IRow<TKey>, IEquatable<TRow>
{
    /// <summary>How many different rows there can be; a thousand but for what is there in small numbers.</summary>
    private protected virtual int Many => 1000;

    /// <summary>Values of things that are always there: they can neither be added nor removed.</summary>
    private protected virtual bool IsFixture => false;

    /// <summary>Runs a test on a table that has none of the rows, and whatever they need.</summary>
    private protected abstract void On(Action<IKernelTable<TKey, TRow>> test);

    private protected abstract TRow Row(int number);

    /// <summary>The same key with another value; the row itself where a key has but one.</summary>
    private protected virtual TRow Changed(TRow row) => row;

    /// <summary>A row that the kernel refuses.</summary>
    private protected abstract TRow Refused { get; }

    [Fact]
    public void Rows_read_back_as_they_were_added_and_adding_them_again_is_no_error() => On(table =>
    {
        Apply(table, RowChangeKind.Add, Rows(3));
        AssertHas(table, Rows(3));
        Apply(table, RowChangeKind.Add, Rows(3));
        AssertHas(table, Rows(3));
    });

    [Fact]
    public void A_replaced_row_has_its_new_value_and_its_neighbours_theirs() => On(table =>
    {
        Apply(table, RowChangeKind.Add, Rows(3));
        var changed = Changed(Row(1));
        var refusals = new List<RowRefusal>();
        table.Apply([new(RowChangeKind.Replace, changed, Row(1))], refusals);
        Assert.Empty(refusals);
        AssertHas(table, [Row(0), changed, Row(2)]);
    });

    [Fact]
    public void A_removed_row_is_gone_its_neighbours_stay_and_removing_it_again_is_no_error() => On(table =>
    {
        Apply(table, RowChangeKind.Add, Rows(3));
        for (var i = 0; i < 2; i++)
        {
            Apply(table, RowChangeKind.Remove, [Row(1)]);
            Assert.Equal(IsFixture, table.Read().ContainsKey(Row(1).Key));
            AssertHas(table, [Row(0), Row(2)]);
        }
    });

    [Fact]
    public void A_refusal_is_the_rows_own_and_those_before_and_behind_it_go_in() => On(table =>
    {
        var refusals = new List<RowRefusal>();
        table.Apply([.. new[] { Row(0), Refused, Row(1) }.Select(row => new RowChange<TRow>(RowChangeKind.Add, row, default))], refusals);
        var refusal = Assert.Single(refusals);
        Assert.Equal(1, refusal.Index);
        Assert.NotEqual("", refusal.Operation);
        Assert.NotEqual("", refusal.Reason);
        AssertHas(table, Rows(2));
    });

    [Fact]
    public void Many_rows_go_in_and_out_in_one_batch_each() => On(table =>
    {
        Apply(table, RowChangeKind.Add, Rows(Many));
        AssertHas(table, Rows(Many));
        if (!IsFixture)
        {
            Apply(table, RowChangeKind.Remove, Rows(Many));
            Assert.Empty(table.Read().Keys.Intersect(Rows(Many).Select(row => row.Key)));
        }
    });

    private TRow[] Rows(int count) => [.. Enumerable.Range(0, count).Select(Row)];

    private static void Apply(IKernelTable<TKey, TRow> table, RowChangeKind kind, TRow[] rows)
    {
        var refusals = new List<RowRefusal>();
        table.Apply([.. rows.Select(row => new RowChange<TRow>(kind, row, kind == RowChangeKind.Add ? default : row))], refusals);
        Assert.Empty(refusals);
    }

    private static void AssertHas(IKernelTable<TKey, TRow> table, TRow[] rows)
    {
        var there = table.Read();
        foreach (var row in rows)
        {
            Assert.True(there.TryGetValue(row.Key, out var actual), $"{row.Key} is not there");
            Assert.Equal(row, actual);
        }
    }
}
