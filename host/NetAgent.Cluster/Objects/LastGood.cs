using NetAgent.Contracts;

namespace NetAgent.Cluster.Objects;

/// <summary>
/// An object with bad parts over its last version. A bad part is most likely one of the parts that are not there any more, mistyped; so these
/// stay, unless more are gone than are bad: then somebody has changed more than he mistyped.
/// </summary>
internal static class LastGood
{
    public static object Under(object now, object? before, IReadOnlyList<ObjectPart> bad) => (now, before) switch
    {
        _ when bad.Count == 0 => now,
        (EndpointSlice slice, EndpointSlice was) => slice with
        {
            Endpoints = Keep(slice.Endpoints, was.Endpoints, ObjectPart.Endpoint, bad, endpoint => endpoint.Address),
            Ports = Keep(slice.Ports, was.Ports, ObjectPart.EndpointPort, bad, port => port.Name),
        },
        (Service service, Service was) => service with
        {
            Ports = Keep(service.Ports, was.Ports, ObjectPart.ServicePort, bad, port => (port.Name, port.Protocol)),
            ClusterIPs = Keep(service.ClusterIPs, was.ClusterIPs, ObjectPart.SecondClusterIP, bad, address => address.Family),
            ExternalIPs = bad.Contains(ObjectPart.ExternalIPs) ? was.ExternalIPs
                : Keep(service.ExternalIPs, was.ExternalIPs, ObjectPart.ExternalIP, bad, address => address),
            SessionAffinitySeconds = bad.Contains(ObjectPart.SessionAffinity) || (bad.Contains(ObjectPart.AffinityTimeout) && service.SessionAffinitySeconds > 0 && was.SessionAffinitySeconds > 0)
                ? was.SessionAffinitySeconds : service.SessionAffinitySeconds,
            HealthCheckNodePort = bad.Contains(ObjectPart.HealthCheckNodePort) ? was.HealthCheckNodePort : service.HealthCheckNodePort,
            LoadBalancerIngress = Keep(service.LoadBalancerIngress, was.LoadBalancerIngress, ObjectPart.Ingress, bad, ingress => ingress.Address),
        },
        _ => now,
    };

    private static EquatableArray<T> Keep<T, TKey>(
        EquatableArray<T> now, EquatableArray<T> before, ObjectPart part, IReadOnlyList<ObjectPart> bad, Func<T, TKey> key)
        where T : IEquatable<T>
    {
        var count = bad.Count(other => other == part);
        if (count == 0)
        {
            return now;
        }
        var keys = now.Select(key).ToHashSet();
        var gone = before.Where(item => !keys.Contains(key(item))).ToArray();
        return gone.Length > count ? now : [.. now, .. gone];
    }
}
