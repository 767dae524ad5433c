namespace NetAgent.Contracts;

/// <summary>A dummy interface that shall exist; it is left down, as kube-proxy leaves kube-ipvs0.</summary>
/// <param name="Name">Up to 15 bytes (IFNAMSIZ).</param>
public readonly record struct DummyLink(string Name) : IRow<string>
{
    /// <summary>The name.</summary>
    public string Key => Name;
}

/// <summary>How the node takes packets for an address.</summary>
public enum AddressBinding : byte
{
    /// <summary>The address is on the link (RTM_NEWADDR): what people expect to see. Adding is quadratic in the kernel.</summary>
    Address,

    /// <summary>A local /32 or /128 route through the link (RTM_NEWROUTE, table local): for tens of thousands of addresses.</summary>
    Route,
}

/// <summary>Names an address on a link.</summary>
/// <param name="Link">The interface's name.</param>
/// <param name="Address">The address; /32 or /128.</param>
public readonly record struct LinkAddressKey(string Link, InetAddress Address)
{
    /// <summary><c>10.96.0.1 on kube-ipvs0</c>.</summary>
    public override string ToString() => $"{Address} on {Link}";
}

/// <summary>An address that the node shall take packets for.</summary>
/// <param name="Key">Link and address.</param>
/// <param name="Binding">As an address or as a local route.</param>
public readonly record struct LinkAddress(LinkAddressKey Key, AddressBinding Binding) : IRow<LinkAddressKey>;
