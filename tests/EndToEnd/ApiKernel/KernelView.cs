using NetAgent.Contracts;
using NetAgent.Dataplane.Ipvs;

namespace NetAgent.EndToEnd.Tests.ApiKernel;

/// <summary>IPVS as the kernel has it, read over netlink: starting a tool takes longer in an emulated kernel than what is measured.</summary>
internal sealed class KernelView : IDisposable
{
    private readonly IpvsSocket _socket = IpvsSocket.Open();
    private readonly RealServerTable _reals;
    private readonly VirtualServerTable _servers;

    internal KernelView() => (_reals, _servers) = (new(_socket), new(_socket));

    internal HashSet<VirtualServerKey> Servers() => [.. _servers.Read().Keys];

    /// <summary>Addresses of a virtual server's real servers, sorted; empty when it is not there.</summary>
    internal string[] Addresses(VirtualServerKey server) =>
        [.. _reals.ReadActivity([server]).Keys.Select(key => key.Address.ToString()).Order(StringComparer.Ordinal)];

    /// <summary>Those that take new connections, sorted: kube-proxy keeps what drains for a while.</summary>
    internal string[] Serving(VirtualServerKey server) =>
        [.. _reals.ReadRealServers(server).Where(row => row.Weight > 0).Select(row => row.Key.Address.ToString()).Order(StringComparer.Ordinal)];

    /// <summary>Everything, as a line for each real server with its weight.</summary>
    internal string[] Everything() => [.. _reals.Read().Values.Select(row => $"{row.Key} {row.Weight}").Order(StringComparer.Ordinal)];

    public void Dispose() => _socket.Dispose();
}
