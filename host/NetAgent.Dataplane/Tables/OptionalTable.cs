using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;

namespace NetAgent.Dataplane.Tables;

/// <summary>A kind of object that this kernel may not have (yet): until then there is none, and none can be made.</summary>
/// <param name="name">What the rows are.</param>
/// <param name="reason">Why there is none, and what helps.</param>
/// <param name="open">The table, once the kernel has it.</param>
internal sealed class OptionalTable<TKey, TRow>(string name, string reason, Func<IKernelTable<TKey, TRow>?> open) : IKernelTable<TKey, TRow>
    where TKey : notnull
    where TRow : struct, IRow<TKey>, IEquatable<TRow>
{
    private readonly Dictionary<TKey, TRow> _none = [];
    private IKernelTable<TKey, TRow>? _table;

    public string Name => name;

    private IKernelTable<TKey, TRow>? Table => _table ??= open();

    public IReadOnlyDictionary<TKey, TRow> Read() => Table?.Read() ?? _none;

    public void Apply(IReadOnlyList<RowChange<TRow>> changes, ICollection<RowRefusal> refusals)
    {
        if (Table is { } table)
        {
            table.Apply(changes, refusals);
        }
        else if (changes.Any(change => change.Kind != RowChangeKind.Remove))
        {
            throw new KernelException(name, 0, reason);
        }
    }
}
