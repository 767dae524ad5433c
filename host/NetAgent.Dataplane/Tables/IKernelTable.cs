using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;

namespace NetAgent.Dataplane.Tables;

/// <summary>
/// One step from actual to desired. <paramref name="Row"/> is the wanted row (for Remove the one to go); <paramref name="Before"/> the
/// kernel's, unset for Add.
/// </summary>
internal readonly record struct RowChange<TRow>(RowChangeKind Kind, TRow Row, TRow Before);

/// <summary>A change that the kernel refused. <see cref="Index"/> is its place in the batch.</summary>
/// <param name="Index">Place in the list given to <see cref="IKernelTable{TKey,TRow}.Apply"/>.</param>
/// <param name="Operation">The kernel's name of the operation: <c>IPVS_CMD_NEW_DEST</c>, <c>iptables-restore</c>.</param>
/// <param name="Errno">errno, or 0 where there is none (then <paramref name="Reason"/> says it).</param>
/// <param name="Reason">The error in words, with the kernel's or the tool's own text.</param>
internal sealed record RowRefusal(int Index, string Operation, int Errno, string Reason)
{
    /// <summary>What other rows fail of too; null where the errno says all that is known.</summary>
    public FailureCause? Cause { get; init; }
}

/// <summary>
/// One kind of kernel object. Implementations know the kernel and decide nothing: what is wanted, owned or in conflict is the
/// reconciler's business. Used from one thread.
/// </summary>
internal interface IKernelTable<TKey, TRow>
    where TKey : notnull
    where TRow : struct, IRow<TKey>, IEquatable<TRow>
{
    /// <summary>For status, metrics and messages: <c>virtual servers</c>.</summary>
    string Name { get; }

    /// <summary>Everything of this kind in the kernel, foreign objects included.</summary>
    /// <exception cref="KernelException">The read failed. A failed read is never an empty result.</exception>
    IReadOnlyDictionary<TKey, TRow> Read();

    /// <summary>
    /// Applies all changes in order, going on after a refusal. Idempotent: adding what is there and removing what is gone succeed.
    /// </summary>
    void Apply(IReadOnlyList<RowChange<TRow>> changes, ICollection<RowRefusal> refusals);
}
