namespace NetAgent.Dataplane.Tables;

/// <summary>
/// A table whose wanted and actual rows can mean the same without being equal: a sysctl that is higher than the wanted minimum, a rule
/// in another spelling, a jump whose place is not looked at once it is there. The reconciler asks before it calls a difference drift.
/// </summary>
internal interface IRowMeaning<TRow>
    where TRow : struct
{
    /// <summary>True when the kernel's row already is what the wanted row asks for.</summary>
    bool Satisfies(TRow actual, TRow wanted);
}
