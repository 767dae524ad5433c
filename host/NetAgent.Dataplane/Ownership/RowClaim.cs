using NetAgent.Contracts;

namespace NetAgent.Dataplane.Ownership;

/// <summary>Which claim must cover a kind of row.</summary>
/// <param name="Member">The member of <see cref="PluginClaims"/>.</param>
/// <param name="Covers">Whether the claims cover a row of a scope.</param>
/// <param name="Describe">The kernel object in words, for messages about claims: <c>set KUBE-CLUSTER-IP</c>.</param>
internal sealed record RowClaim<TKey, TRow>(string Member, Func<ClaimChecks, TRow, RowSet, bool> Covers, Func<TRow, string> Describe)
    : IRowClaim
    where TKey : notnull
    where TRow : struct, IRow<TKey>
{
    public Type Key => typeof(TKey);

    public Type Row => typeof(TRow);

    public (string Row, string Claim)? FindUncovered(ClaimChecks claims, RowSet scope)
    {
        foreach (var row in scope.Of<TRow>())
        {
            if (!Covers(claims, row, scope))
            {
                return (Describe(row), Member);
            }
        }
        return null;
    }
}

/// <summary>The same for every kind.</summary>
internal interface IRowClaim
{
    Type Key { get; }

    Type Row { get; }

    /// <summary>The first row of a scope that the claims do not cover, in words, and the claim that it would need.</summary>
    (string Row, string Claim)? FindUncovered(ClaimChecks claims, RowSet scope);
}
