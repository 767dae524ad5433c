using NetAgent.Contracts;

namespace NetAgent.Cluster.Objects;

/// <summary>The protocols of core/v1, in the order in which the readers name them: TCP, UDP, SCTP.</summary>
internal static class Protocols
{
    public static IpProtocol At(int index) => index switch { 0 => IpProtocol.Tcp, 1 => IpProtocol.Udp, _ => IpProtocol.Sctp };
}
