using NetAgent.Contracts;

namespace NetAgent.Host.Isolation.Wire;

/// <summary>Objects of the cluster.</summary>
internal static class ClusterCodec
{
    public static void Write(WireWriter writer, Node node)
    {
        writer.Text(node.Name);
        ValueCodec.Write(writer, node.Addresses);
        ValueCodec.Write(writer, node.PodCIDRs);
        ValueCodec.Write(writer, node.Labels);
        ValueCodec.Write(writer, node.TaintKeys);
        writer.Boolean(node.IsBeingDeleted);
    }

    public static Node ReadNode(ref WireReader reader) => new()
    {
        Name = reader.RequiredText(),
        Addresses = ValueCodec.ReadAddresses(ref reader),
        PodCIDRs = ValueCodec.ReadPrefixes(ref reader),
        Labels = ValueCodec.ReadLabels(ref reader),
        TaintKeys = ValueCodec.ReadTexts(ref reader),
        IsBeingDeleted = reader.Boolean(),
    };

    public static void Write(WireWriter writer, ServiceEndpoints service)
    {
        Write(writer, service.Service);
        writer.List(service.Slices, Write);
    }

    public static ServiceEndpoints ReadServiceEndpoints(ref WireReader reader) => new(ReadService(ref reader), reader.Array(ReadSlice));

    private static void Write(WireWriter writer, Service service)
    {
        ValueCodec.Write(writer, service.Name);
        writer.Byte((byte)service.Type);
        ValueCodec.Write(writer, service.ClusterIPs);
        writer.Boolean(service.IsHeadless);
        writer.List(service.Ports, static (to, port) =>
        {
            to.Text(port.Name);
            to.Byte((byte)port.Protocol);
            to.Number(port.Port);
            to.Number(port.NodePort);
        });
        ValueCodec.Write(writer, service.ExternalIPs);
        writer.List(service.LoadBalancerIngress, static (to, ingress) =>
        {
            ValueCodec.Write(to, ingress.Address);
            to.Boolean(ingress.IsProxy);
        });
        ValueCodec.Write(writer, service.LoadBalancerSourceRanges);
        writer.Signed(service.SessionAffinitySeconds);
        writer.Boolean(service.ExternalTrafficPolicyLocal);
        writer.Boolean(service.InternalTrafficPolicyLocal);
        writer.Number(service.HealthCheckNodePort);
        writer.Text(service.ProxyName);
        ValueCodec.Write(writer, service.Labels);
        ValueCodec.Write(writer, service.Annotations);
    }

    private static Service ReadService(ref WireReader reader) => new()
    {
        Name = ValueCodec.ReadName(ref reader),
        Type = (ServiceType)reader.Byte(),
        ClusterIPs = ValueCodec.ReadAddresses(ref reader),
        IsHeadless = reader.Boolean(),
        Ports = reader.Array(static (ref from) => new ServicePort(from.RequiredText(), (IpProtocol)from.Byte(), from.Port())
        {
            NodePort = from.Port(),
        }),
        ExternalIPs = ValueCodec.ReadAddresses(ref reader),
        LoadBalancerIngress = reader.Array(static (ref from) => new LoadBalancerIngress(ValueCodec.ReadAddress(ref from), from.Boolean())),
        LoadBalancerSourceRanges = ValueCodec.ReadTexts(ref reader),
        SessionAffinitySeconds = reader.Int(),
        ExternalTrafficPolicyLocal = reader.Boolean(),
        InternalTrafficPolicyLocal = reader.Boolean(),
        HealthCheckNodePort = reader.Port(),
        ProxyName = reader.Text(),
        Labels = ValueCodec.ReadLabels(ref reader),
        Annotations = ValueCodec.ReadLabels(ref reader),
    };

    private static void Write(WireWriter writer, EndpointSlice slice)
    {
        ValueCodec.Write(writer, slice.Name);
        ValueCodec.Write(writer, slice.Service);
        writer.Byte((byte)slice.AddressFamily);
        writer.List(slice.Ports, static (to, port) =>
        {
            to.Text(port.Name);
            to.Byte((byte)port.Protocol);
            to.Number(port.Port);
        });
        writer.List(slice.Endpoints, Write);
        writer.Boolean(slice.LastChangeTriggerTime is not null);
        if (slice.LastChangeTriggerTime is { } time)
        {
            ValueCodec.Write(writer, time);
        }
        ValueCodec.Write(writer, slice.Labels);
        ValueCodec.Write(writer, slice.Annotations);
    }

    private static EndpointSlice ReadSlice(ref WireReader reader) => new()
    {
        Name = ValueCodec.ReadName(ref reader),
        Service = ValueCodec.ReadName(ref reader),
        AddressFamily = (IpFamily)reader.Byte(),
        Ports = reader.Array(static (ref from) => new EndpointPort(from.Text(), (IpProtocol)from.Byte(), from.Port())),
        Endpoints = reader.Array(ReadEndpoint),
        LastChangeTriggerTime = reader.Boolean() ? ValueCodec.ReadTime(ref reader) : null,
        Labels = ValueCodec.ReadLabels(ref reader),
        Annotations = ValueCodec.ReadLabels(ref reader),
    };

    private static void Write(WireWriter writer, Endpoint endpoint)
    {
        ValueCodec.Write(writer, endpoint.Address);
        writer.Byte((byte)((endpoint.IsReady ? 1 : 0) | (endpoint.IsServing ? 2 : 0) | (endpoint.IsTerminating ? 4 : 0)));
        writer.Text(endpoint.NodeName);
        writer.Text(endpoint.Zone);
        ValueCodec.Write(writer, endpoint.ZoneHints);
        ValueCodec.Write(writer, endpoint.NodeHints);
    }

    private static Endpoint ReadEndpoint(ref WireReader reader)
    {
        var address = ValueCodec.ReadAddress(ref reader);
        var flags = reader.Byte();
        return new()
        {
            Address = address,
            IsReady = (flags & 1) != 0,
            IsServing = (flags & 2) != 0,
            IsTerminating = (flags & 4) != 0,
            NodeName = reader.Text(),
            Zone = reader.Text(),
            ZoneHints = ValueCodec.ReadTexts(ref reader),
            NodeHints = ValueCodec.ReadTexts(ref reader),
        };
    }
}
