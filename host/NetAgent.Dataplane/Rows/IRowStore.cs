using NetAgent.Contracts;
using NetAgent.Dataplane.Ownership;

namespace NetAgent.Dataplane.Rows;

/// <summary>Where a slice's rows of one kind go.</summary>
internal interface IRowStore
{
    /// <summary>The first row that no claim covers, in words, and the member of <see cref="PluginClaims"/> that would cover it.</summary>
    (string Row, string Claim)? FindUncovered(ClaimChecks claims, RowSet rows);

    /// <summary>Makes a scope's rows of this kind those of the set.</summary>
    void ReplaceScope(Scope scope, PluginEntry plugin, RowSet rows, ICollection<Notice> duplicates);

    /// <summary>Drops a scope's rows. With <paramref name="forget"/> they stay in the kernel, unknown, where they can.</summary>
    void RemoveScope(Scope scope, bool forget);
}
