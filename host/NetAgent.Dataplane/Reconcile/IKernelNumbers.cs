namespace NetAgent.Dataplane.Reconcile;

/// <summary>Numbers that the kernel keeps of its objects, had without listing them. Null is one that this kernel does not tell.</summary>
internal interface IKernelNumbers
{
    /// <summary>How many members each ipset has.</summary>
    IReadOnlyDictionary<string, uint>? CountMembers();

    /// <summary>How many IPv4 virtual servers there are.</summary>
    uint? CountVirtualServers();

    /// <summary>Another number after each change of the iptables rules, whoever makes it.</summary>
    ulong? StampRules();
}
