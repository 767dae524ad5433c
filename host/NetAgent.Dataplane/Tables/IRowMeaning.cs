namespace NetAgent.Dataplane.Tables;

/// <summary>
/// A table that knows what the kernel made of a row it was given: a rule in another spelling, a sysctl rounded up. The reconciler asks
/// where the kind of row itself sees a difference.
/// </summary>
internal interface IRowMeaning<TRow>
    where TRow : struct
{
    /// <summary>True when the kernel's row already is what the wanted row asks for.</summary>
    bool Satisfies(TRow actual, TRow wanted);
}
