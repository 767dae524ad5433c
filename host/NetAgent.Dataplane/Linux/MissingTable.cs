using NetAgent.Contracts;
using NetAgent.Dataplane.Reconcile;

namespace NetAgent.Dataplane.Linux;

/// <summary>A kind of object that this kernel does not have: there is none, and none can be made.</summary>
internal sealed class MissingTable<TKey, TRow>(string name, string reason) : IKernelTable<TKey, TRow>
    where TKey : notnull
    where TRow : struct, IRow<TKey>, IEquatable<TRow>
{
    private readonly Dictionary<TKey, TRow> _none = [];

    public string Name => name;

    public IReadOnlyDictionary<TKey, TRow> Read() => _none;

    public void Apply(IReadOnlyList<RowChange<TRow>> changes, ICollection<RowRefusal> refusals)
    {
        if (changes.Any(change => change.Kind != RowChangeKind.Remove))
        {
            throw new KernelException(name, 0, reason);
        }
    }
}
