using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;
using NetAgent.Dataplane.Tables;

namespace NetAgent.Dataplane.Tests.Reconcile;

/// <summary>One kind of object of <see cref="FakeKernel"/>.</summary>
internal sealed class FakeTable<TKey, TRow>(string name, List<string> log) : IKernelTable<TKey, TRow>
    where TKey : notnull
    where TRow : struct, IRow<TKey>, IEquatable<TRow>
{
    public string Name => name;

    public Dictionary<TKey, TRow> Rows { get; } = [];

    /// <summary>errno for a change, or 0.</summary>
    public Func<RowChange<TRow>, int> Refuse { get; init; } = _ => 0;

    /// <summary>errno for a change on top of <see cref="Refuse"/>, set by a test.</summary>
    public Func<RowChange<TRow>, int> AlsoRefuse { get; set; } = _ => 0;

    /// <summary>What the kernel makes of a written row (first) over the one it has (second).</summary>
    public Func<TRow, TRow, TRow> Becomes { get; init; } = static (row, _) => row;

    /// <summary>There always is one: it cannot be removed.</summary>
    public bool IsFixture { get; init; }

    public Action<TRow> Removed { get; init; } = _ => { };

    public bool ReadFails { get; set; }

    public bool ApplyFails { get; set; }

    public int Reads { get; private set; }

    public List<RowChange<TRow>> Changes { get; } = [];

    public void Set(TRow row) => Rows[row.Key] = row;

    public void RemoveWhere(Func<TRow, bool> goes)
    {
        foreach (var row in Rows.Values.Where(goes).ToArray())
        {
            Rows.Remove(row.Key);
        }
    }

    public IReadOnlyDictionary<TKey, TRow> Read()
    {
        Reads++;
        return ReadFails ? throw new KernelException("read", 105, $"{name}: no buffer space available") : new Dictionary<TKey, TRow>(Rows);
    }

    public void Apply(IReadOnlyList<RowChange<TRow>> changes, ICollection<RowRefusal> refusals)
    {
        if (ApplyFails)
        {
            throw new KernelException("sendmsg", 105, $"{name}: no buffer space available");
        }
        for (var i = 0; i < changes.Count; i++)
        {
            var change = changes[i];
            log.Add($"{name} {change.Kind} {change.Row.Key}");
            Changes.Add(change);
            var errno = Refuse(change) is not 0 and var own ? own : AlsoRefuse(change);
            if (errno != 0)
            {
                refusals.Add(new(i, $"{change.Kind} {name}", errno, "refused"));
            }
            else if (change.Kind != RowChangeKind.Remove)
            {
                Rows[change.Row.Key] = Becomes(change.Row, Rows.GetValueOrDefault(change.Row.Key));
            }
            else if (!IsFixture && Rows.Remove(change.Row.Key, out var gone))
            {
                Removed(gone);
            }
        }
    }
}
