namespace NetAgent.Contracts;

/// <summary>
/// A plugin's share of the wanted kernel state, written scope by scope. A row exists while at least one scope claims it; two scopes that
/// want one key with different values are a conflict: the older claim holds, the other is reported, and takes over when the older goes.
/// </summary>
public interface ISlice
{
    /// <summary>Makes the rows of a scope exactly these. Costs the scope, not the slice.</summary>
    /// <param name="scope">Any name of the plugin's choosing: for the proxier one Service port.</param>
    /// <param name="rows">Its rows; copied.</param>
    /// <exception cref="ClaimViolationException">A row lies outside the plugin's claims; the scope stays as it was.</exception>
    void Replace(string scope, RowSet rows);

    /// <summary>Drops a scope with all its rows; an unknown scope is no error.</summary>
    void Remove(string scope);

    /// <summary>The scopes that hold something now.</summary>
    IReadOnlyCollection<string> Scopes { get; }

    /// <summary>How many different members this slice wants in a set now.</summary>
    int CountEntries(string set);
}

/// <summary>A plugin wanted kernel state that it has no claim to.</summary>
/// <param name="message">Names plugin, row and claim.</param>
public sealed class ClaimViolationException(string message) : InvalidOperationException(message);
