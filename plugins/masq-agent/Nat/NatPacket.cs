using NetAgent.Contracts;

namespace NetAgent.Plugins.MasqAgent.Nat;

/// <summary>
/// The first packet of a connection as nat's POSTROUTING sees it. It carries no mark: marks are set for Service traffic only.
/// </summary>
/// <param name="From">Its source; none when any.</param>
/// <param name="To">Its destination.</param>
/// <param name="IsFromNode">The source is an address of this node; null when that is not known.</param>
/// <param name="IsToNode">The destination is an address of this node; null when that is not known.</param>
internal readonly record struct NatPacket(InetAddress From, InetAddress To, bool? IsFromNode, bool? IsToNode)
{
    /// <summary>None when any.</summary>
    public IpProtocol Protocol { get; init; }

    /// <summary>0 when any.</summary>
    public ushort SourcePort { get; init; }

    /// <summary>0 when any.</summary>
    public ushort DestinationPort { get; init; }
}
