using NetAgent.Contracts;

namespace NetAgent.Plugins.Ipvs;

/// <summary>Which Services go first when all are written: everything else on a node waits for the API server and for names.</summary>
internal static class ProgrammingOrder
{
    private const ushort DnsPort = 53;
    private static readonly NamespacedName ApiServer = new("default", "kubernetes");

    public static IEnumerable<NamespacedName> Sort(IEnumerable<ServiceEndpoints> services) => services
        .Select(entry => (entry.Service.Name, Rank: Rank(entry.Service)))
        .OrderBy(item => item.Rank).ThenBy(item => item.Name)
        .Select(item => item.Name);

    private static int Rank(Service service) =>
        service.Name == ApiServer ? 0
        : service.Name.Namespace == "kube-system" && service.Ports.Any(port => port.Port == DnsPort) ? 1
        : 2;
}
