namespace NetAgent.Dataplane.Kinds;

/// <summary>
/// Every kind of row, in order of writing: from what packets meet last (sysctls, sets, rules) to what they meet first (virtual servers,
/// then the addresses that draw packets in). Rows are removed in the opposite order. A new kind takes a file here, an entry, a table in
/// the kernel's room, and a codec in the host's isolation.
/// </summary>
internal static class RowKinds
{
    public static IReadOnlyList<Action<TableSet>> All { get; } =
    [
        tables => tables.Add(new SysctlKind(tables)),
        tables => tables.Add(new IpvsTimeoutsKind(tables)),
        tables => tables.Add(new DummyLinkKind(tables)),
        tables => tables.Add(new IpSetKind(tables)),
        tables => tables.Add(new IpSetEntryKind(tables)),
        tables => tables.Add(new ChainKind(tables)),
        tables => tables.Add(new JumpKind(tables)),
        tables => tables.Add(new VirtualServerKind(tables)),
        tables => tables.Add(new RealServerKind(tables)),
        tables => tables.Add(new LinkAddressKind(tables)),
        tables => tables.Add(new ConfigFileKind(tables)),
        tables => tables.Add(new HealthCheckPortKind(), tables.Ports),
    ];
}
