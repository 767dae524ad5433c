namespace NetAgent.Contracts;

/// <summary>Names a chain.</summary>
/// <param name="Family">IPv4 (iptables) or IPv6 (ip6tables).</param>
/// <param name="Table">nat, filter, mangle or raw.</param>
/// <param name="Name">Up to 28 bytes (XT_EXTENSION_MAXNAMELEN less one).</param>
public readonly record struct ChainKey(IpFamily Family, string Table, string Name)
{
    /// <summary><c>IPv4 nat KUBE-SERVICES</c>.</summary>
    public override string ToString() => $"{Family} {Table} {Name}";
}

/// <summary>A user chain with all its rules; the chain is the unit of change.</summary>
/// <param name="Key">Family, table and name.</param>
/// <param name="Rules">
/// The rules in order, each what follows <c>-A CHAIN </c> in iptables-save. Written in iptables-save's own canonical form, a restarted
/// agent recognises its chain and writes nothing; in another form the chain is written once more.
/// </param>
public readonly record struct Chain(ChainKey Key, EquatableArray<string> Rules) : IRow<ChainKey>;

/// <summary>Where a jump stands among the rules of its parent chain.</summary>
public enum JumpPosition : byte
{
    /// <summary>Inserted before all others when it is missing; not moved when somebody inserts before it later.</summary>
    First,

    /// <summary>Appended after all others when it is missing.</summary>
    Last,
}

/// <summary>Names a jump.</summary>
/// <param name="Family">IPv4 or IPv6.</param>
/// <param name="Table">nat, filter, mangle or raw.</param>
/// <param name="Parent">The chain that gets the rule, usually a base chain such as POSTROUTING.</param>
/// <param name="Rule">What follows <c>-A PARENT </c> in iptables-save, in its canonical form.</param>
public readonly record struct JumpKey(IpFamily Family, string Table, string Parent, string Rule)
{
    /// <summary><c>IPv4 nat -A POSTROUTING …</c>.</summary>
    public override string ToString() => $"{Family} {Table} -A {Parent} {Rule}";
}

/// <summary>One rule of ours in a chain that is not ours.</summary>
/// <param name="Key">Family, table, parent and rule.</param>
/// <param name="Position">First or last.</param>
public readonly record struct Jump(JumpKey Key, JumpPosition Position) : IRow<JumpKey>
{
    /// <summary>
    /// Among jumps of the same parent and position written together: lower stands first; any number, 0 unless said otherwise.
    /// </summary>
    public int Order { get; init; }
}
