namespace NetAgent.Dataplane;

/// <summary>What happens to a row.</summary>
public enum RowChangeKind
{
    /// <summary>The kernel has no such object.</summary>
    Add,

    /// <summary>It has one with another value.</summary>
    Replace,

    /// <summary>It has one that nobody wants.</summary>
    Remove,
}
