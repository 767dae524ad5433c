using System.Text.Json;
using NetAgent.Contracts;

namespace NetAgent.Cluster.Objects;

/// <summary>Reads a Service (core/v1), with the defaults that the API server would have filled in.</summary>
internal static class ServiceReader
{
    private const int DefaultAffinitySeconds = 10800;

    public static (Service Service, ObjectMetadata Metadata) Read(
        ref Utf8JsonReader reader, StringPool pool, MetadataWish wish, List<LeftOutPart> leftOut)
    {
        var start = reader.TokenStartIndex;
        var metadata = default(ObjectMetadata);
        var spec = new Spec(leftOut);
        EquatableArray<LoadBalancerIngress> ingress = default;
        while (Json.Property(ref reader))
        {
            if (reader.ValueTextEquals("metadata"u8))
            {
                metadata = ObjectMetadata.Read(ref reader, pool, wish, leftOut: leftOut);
            }
            else if (reader.ValueTextEquals("spec"u8))
            {
                spec.Read(ref reader, pool);
            }
            else if (reader.ValueTextEquals("status"u8))
            {
                ingress = ReadStatus(ref reader, leftOut);
            }
            else
            {
                Json.Skip(ref reader);
            }
        }
        return (new()
        {
            Name = metadata.Named(start),
            Type = spec.Type,
            ClusterIPs = spec.ClusterIPs.Count > 0 ? [.. spec.ClusterIPs] : spec.ClusterIP.IsNone ? default : [spec.ClusterIP],
            IsHeadless = spec.IsHeadless,
            Ports = [.. spec.Ports],
            ExternalIPs = [.. spec.ExternalIPs],
            LoadBalancerIngress = ingress,
            LoadBalancerSourceRanges = [.. spec.SourceRanges],
            SessionAffinitySeconds = spec.HasAffinity ? spec.AffinitySeconds ?? DefaultAffinitySeconds : 0,
            ExternalTrafficPolicyLocal = spec.ExternalLocal,
            InternalTrafficPolicyLocal = spec.InternalLocal,
            HealthCheckNodePort = spec.HealthCheckNodePort,
            ProxyName = metadata.ProxyName,
            Labels = metadata.Labels,
            Annotations = metadata.Annotations,
        }, metadata);
    }

    private static EquatableArray<LoadBalancerIngress> ReadStatus(ref Utf8JsonReader reader, List<LeftOutPart> leftOut)
    {
        var entries = new List<LoadBalancerIngress>();
        for (var status = Json.Object(ref reader); status && Json.Property(ref reader);)
        {
            if (!reader.ValueTextEquals("loadBalancer"u8))
            {
                Json.Skip(ref reader);
                continue;
            }
            for (var balancer = Json.Object(ref reader); balancer && Json.Property(ref reader);)
            {
                if (!reader.ValueTextEquals("ingress"u8))
                {
                    Json.Skip(ref reader);
                    continue;
                }
                LeftOutPart.ReadItems(ref reader, ObjectPart.Ingress, leftOut, (ref Utf8JsonReader item) =>
                {
                    if (ReadIngress(ref item) is { Address.IsNone: false } entry)
                    {
                        entries.Add(entry);
                    }
                });
            }
        }
        return [.. entries];
    }

    private static LoadBalancerIngress ReadIngress(ref Utf8JsonReader reader)
    {
        InetAddress address = default;
        var isProxy = false;
        for (var entry = Json.Is(ref reader, JsonTokenType.StartObject, "a mapping"); entry && Json.Property(ref reader);)
        {
            if (reader.ValueTextEquals("ip"u8))
            {
                reader.Read();
                address = Address(ref reader, emptyIsAbsent: true);
            }
            else if (reader.ValueTextEquals("ipMode"u8))
            {
                isProxy = Json.OneOf(ref reader, "VIP", "Proxy") == 1;
            }
            else
            {
                Json.Skip(ref reader);
            }
        }
        return new(address, isProxy);
    }

    private static InetAddress Address(ref Utf8JsonReader reader, bool emptyIsAbsent)
    {
        if (emptyIsAbsent && (reader.TokenType == JsonTokenType.Null || (reader.TokenType == JsonTokenType.String && reader.ValueTextEquals(""u8))))
        {
            return default;
        }
        var address = Json.AddressItem(ref reader);
        return address.IsNone ? throw Json.Bad(ref reader, "must be an IP address") : address;
    }

    private sealed class Spec(List<LeftOutPart> leftOut)
    {
        public readonly List<InetAddress> ClusterIPs = [];
        public readonly List<ServicePort> Ports = [];
        public readonly List<InetAddress> ExternalIPs = [];
        public readonly List<string> SourceRanges = [];
        public ServiceType Type;
        public InetAddress ClusterIP;
        private long _clusterIPAt;
        public bool IsHeadless;
        public bool HasAffinity;
        public int? AffinitySeconds;
        public bool ExternalLocal;
        public bool InternalLocal;
        public ushort HealthCheckNodePort;

        public void Read(ref Utf8JsonReader reader, StringPool pool)
        {
            if (!Json.Object(ref reader))
            {
                return;
            }
            while (Json.Property(ref reader))
            {
                if (reader.ValueTextEquals("type"u8))
                {
                    Type = (ServiceType)(Json.OneOf(ref reader, "ClusterIP", "NodePort", "LoadBalancer", "ExternalName") ?? 0);
                }
                else if (reader.ValueTextEquals("clusterIP"u8))
                {
                    reader.Read();
                    (ClusterIP, _clusterIPAt) = (ReadClusterIP(ref reader), reader.TokenStartIndex);
                }
                else if (reader.ValueTextEquals("clusterIPs"u8))
                {
                    ReadClusterIPs(ref reader);
                }
                else if (reader.ValueTextEquals("ports"u8))
                {
                    LeftOutPart.ReadItems(ref reader, ObjectPart.ServicePort, leftOut, (ref Utf8JsonReader item) => Ports.Add(ReadPort(ref item, pool)));
                }
                else if (reader.ValueTextEquals("externalIPs"u8))
                {
                    LeftOutPart.ReadField(ref reader, ObjectPart.ExternalIPs, leftOut, ReadExternalIPs);
                }
                else if (reader.ValueTextEquals("loadBalancerSourceRanges"u8))
                {
                    for (var list = Json.Array(ref reader); list && Json.Item(ref reader);)
                    {
                        SourceRanges.Add(SloppyPrefix.Plain(Json.TextItem(ref reader) ?? ""));
                    }
                }
                else if (!ReadPolicy(ref reader))
                {
                    Json.Skip(ref reader);
                }
            }
            // The API server refuses it; which of them was meant, nobody knows.
            if (!ClusterIP.IsNone && ClusterIPs.Count > 0 && ClusterIPs[0] != ClusterIP)
            {
                throw new BadFieldException(_clusterIPAt, "", ClusterIP.ToString(), $"must be the first of clusterIPs, which is {ClusterIPs[0]}");
            }
        }

        private bool ReadPolicy(ref Utf8JsonReader reader)
        {
            if (reader.ValueTextEquals("sessionAffinity"u8))
            {
                LeftOutPart.ReadField(ref reader, ObjectPart.SessionAffinity, leftOut, (ref Utf8JsonReader field) =>
                    HasAffinity = Json.OneOf(ref field, "None", "ClientIP") == 1);
            }
            else if (reader.ValueTextEquals("sessionAffinityConfig"u8))
            {
                LeftOutPart.ReadField(ref reader, ObjectPart.AffinityTimeout, leftOut, ReadAffinity);
            }
            else if (reader.ValueTextEquals("externalTrafficPolicy"u8))
            {
                ExternalLocal = Json.OneOf(ref reader, "Cluster", "Local") == 1;
            }
            else if (reader.ValueTextEquals("internalTrafficPolicy"u8))
            {
                InternalLocal = Json.OneOf(ref reader, "Cluster", "Local") == 1;
            }
            else if (reader.ValueTextEquals("healthCheckNodePort"u8))
            {
                LeftOutPart.ReadField(ref reader, ObjectPart.HealthCheckNodePort, leftOut, (ref Utf8JsonReader field) =>
                    HealthCheckNodePort = Json.Port(ref field) ?? 0);
            }
            else
            {
                return false;
            }
            return true;
        }

        private void ReadAffinity(ref Utf8JsonReader reader)
        {
            for (var config = Json.Object(ref reader); config && Json.Property(ref reader);)
            {
                if (!reader.ValueTextEquals("clientIP"u8))
                {
                    Json.Skip(ref reader);
                    continue;
                }
                for (var client = Json.Object(ref reader); client && Json.Property(ref reader);)
                {
                    if (reader.ValueTextEquals("timeoutSeconds"u8))
                    {
                        AffinitySeconds = Json.Integer(ref reader, 1, 86400, "a time in seconds");
                    }
                    else
                    {
                        Json.Skip(ref reader);
                    }
                }
            }
        }

        private void ReadExternalIPs(ref Utf8JsonReader reader) =>
            LeftOutPart.ReadItems(ref reader, ObjectPart.ExternalIP, leftOut, (ref Utf8JsonReader item) => ExternalIPs.Add(Address(ref item, emptyIsAbsent: false)));

        private void ReadClusterIPs(ref Utf8JsonReader reader)
        {
            for (var list = Json.Array(ref reader); list && Json.Item(ref reader);)
            {
                InetAddress address;
                try
                {
                    address = ReadClusterIP(ref reader);
                }
                catch (BadFieldException fault) when (ClusterIPs.Count > 0)
                {
                    // The first is what the Service goes by; of the other family nothing opens without it.
                    leftOut.Add(new(ObjectPart.SecondClusterIP, fault));
                    reader.Skip();
                    continue;
                }
                if (address.IsNone)
                {
                    continue;
                }
                if (ClusterIPs.Exists(a => a.Family == address.Family))
                {
                    throw Json.Bad(ref reader, "must be of another family than the one before it: one clusterIP per family");
                }
                ClusterIPs.Add(address);
            }
        }

        private InetAddress ReadClusterIP(ref Utf8JsonReader reader)
        {
            if (reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("None"u8))
            {
                IsHeadless = true;
                return default;
            }
            return Address(ref reader, emptyIsAbsent: true);
        }

        private static ServicePort ReadPort(ref Utf8JsonReader reader, StringPool pool)
        {
            var start = reader.TokenStartIndex;
            var name = "";
            var protocol = 0;
            ushort? port = null;
            ushort nodePort = 0;
            for (var entry = Json.Is(ref reader, JsonTokenType.StartObject, "a mapping"); entry && Json.Property(ref reader);)
            {
                if (reader.ValueTextEquals("name"u8))
                {
                    name = Json.Text(ref reader, pool) ?? "";
                }
                else if (reader.ValueTextEquals("protocol"u8))
                {
                    protocol = Json.OneOf(ref reader, "TCP", "UDP", "SCTP") ?? 0;
                }
                else if (reader.ValueTextEquals("port"u8))
                {
                    port = Json.Port(ref reader, minimum: 1);
                }
                else if (reader.ValueTextEquals("nodePort"u8))
                {
                    nodePort = Json.Port(ref reader) ?? 0;
                }
                else
                {
                    Json.Skip(ref reader);
                }
            }
            return new(name, Protocols.At(protocol), port ?? throw Json.Missing(start, "port", "must be given, a number from 1 to 65535"))
            {
                NodePort = nodePort,
            };
        }
    }
}
