using NetAgent.Contracts;
using NetAgent.Dataplane.Ownership;
using NetAgent.Dataplane.Rows;
using NetAgent.Dataplane.Tables;

namespace NetAgent.Dataplane.Reconcile;

/// <summary>
/// What the dataplane has to know of one kind of row beyond how the kernel reads and writes it. A kind says only what sets it apart; what
/// is left as it is here suits a row that depends on nothing and is owned by whoever may claim it.
/// </summary>
internal abstract class RowKind<TKey, TRow>
    where TKey : notnull, IEquatable<TKey>
    where TRow : struct, IRow<TKey>, IEquatable<TRow>
{
    private static readonly RowSet _noScope = new();

    /// <summary>Which claim must cover a row.</summary>
    public virtual RowClaim<TKey, TRow> Claim => RowClaims.Of<TKey, TRow>();

    /// <summary>How rows leave, where that is more than removing them.</summary>
    public virtual IRemovalPolicy<TRow>? Removal => null;

    /// <summary>Rows have an <see cref="Order"/> among themselves.</summary>
    public virtual bool IsOrdered => false;

    /// <summary>What hangs on a row follows its holder alone: two scopes that want it conflict even where they want it alike.</summary>
    public virtual bool IsExclusive => false;

    /// <summary>Not the kernel's: its changes are no kernel writes, are not counted as such, and end with the agent.</summary>
    public virtual bool IsVirtual => false;

    /// <summary>Who owns rows of other kinds is concluded from these: they are read first.</summary>
    public virtual bool TellsOwners => false;

    /// <summary>The table to use over the kernel's, where something is kept beside it.</summary>
    public virtual IKernelTable<TKey, TRow> Over(IKernelTable<TKey, TRow> kernel) => kernel;

    /// <summary>The plugin that owns a row of the kernel that nobody wants; null for a foreign one.</summary>
    public virtual ushort? OwnerOf(TRow row, PluginRegistry plugins) => plugins.OwnerOf(claims => Claim.Covers(claims, row, _noScope));

    /// <summary>The kernel's row already is what the wanted one asks for, equal or not.</summary>
    public virtual bool Satisfies(TRow actual, TRow wanted) => actual.Equals(wanted);

    /// <summary>What to write for a wanted row, where that is more than the plugin asked for.</summary>
    public virtual TRow Target(TRow wanted) => wanted;

    /// <summary>The missing object without which this row cannot go in; null when there is none.</summary>
    public virtual string? WaitsFor(TRow row) => null;

    /// <summary>What a row of this plugin must wait for before it is added, though it could go in; null when nothing.</summary>
    public virtual string? HeldBackBy(ushort plugin, TRow row) => null;

    /// <summary>The kernel removes this row together with another that is being removed.</summary>
    public virtual bool IsRemovedWithParent(TRow row) => false;

    /// <summary>Never removed, only forgotten.</summary>
    public virtual bool IsShielded(TRow row) => false;

    /// <summary>A row that nobody wants stays for now: what could not be read may own it.</summary>
    /// <param name="row">The row.</param>
    /// <param name="isInherited">An earlier run left it.</param>
    public virtual bool IsWithheld(TRow row, bool isInherited) => false;

    /// <summary>Such a row of this plugin cannot work on the node now: as if nobody wanted it.</summary>
    public virtual bool IsSwitchedOff(ushort plugin, TRow row) => false;

    /// <summary>A claim of this scope does not count now.</summary>
    public virtual bool IsSuppressed(int scope, TRow row) => false;

    /// <summary>Lower goes in first and out last; equal keeps the order of writing.</summary>
    public virtual int Order(TRow row) => 0;

    /// <summary>The kernel took a change.</summary>
    public virtual void Written(RowChangeKind change, TRow row)
    {
    }

    /// <summary>The key for people.</summary>
    public virtual string KeyText(TRow row) => row.Key.ToString() ?? "";

    /// <summary>The value for people; empty where the key says it all.</summary>
    public virtual string ValueText(TRow row) => "";
}
