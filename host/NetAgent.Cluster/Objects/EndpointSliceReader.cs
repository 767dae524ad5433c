using System.Runtime.InteropServices;
using System.Text.Json;
using NetAgent.Contracts;

namespace NetAgent.Cluster.Objects;

/// <summary>
/// Reads EndpointSlices (discovery.k8s.io/v1): by far the most bytes of a cluster, so names are pooled and lists are gathered in place.
/// Not thread-safe: one per source.
/// </summary>
internal sealed class EndpointSliceReader(StringPool pool)
{
    private readonly List<Endpoint> _endpoints = [];
    private readonly List<EndpointPort> _ports = [];
    private readonly List<string> _names = [];
    private readonly List<LeftOutPart> _badAddresses = [];
    private readonly List<long> _addressesAt = [];

    /// <summary>Reads the object the reader stands on; null when no label names its Service or one calls it headless, which a proxy ignores.</summary>
    public (EndpointSlice? Slice, ObjectMetadata Metadata) Read(ref Utf8JsonReader reader, MetadataWish wish, List<LeftOutPart> leftOut)
    {
        var start = reader.TokenStartIndex;
        var metadata = default(ObjectMetadata);
        int? addressType = null;
        _badAddresses.Clear();
        _endpoints.Clear();
        _addressesAt.Clear();
        _ports.Clear();
        while (Json.Property(ref reader))
        {
            if (reader.ValueTextEquals("metadata"u8))
            {
                metadata = ObjectMetadata.Read(ref reader, pool, wish, leftOut: leftOut);
            }
            else if (reader.ValueTextEquals("addressType"u8))
            {
                addressType = Json.OneOf(ref reader, "IPv4", "IPv6", "FQDN");
            }
            else if (reader.ValueTextEquals("endpoints"u8))
            {
                LeftOutPart.ReadItems(ref reader, ObjectPart.Endpoint, leftOut, ReadEndpoint);
            }
            else if (reader.ValueTextEquals("ports"u8))
            {
                LeftOutPart.ReadItems(ref reader, ObjectPart.EndpointPort, leftOut, (ref Utf8JsonReader item) => _ports.Add(ReadPort(ref item)));
            }
            else
            {
                Json.Skip(ref reader);
            }
        }
        var name = metadata.Named(start);
        var family = addressType switch
        {
            0 => IpFamily.IPv4,
            1 => IpFamily.IPv6,
            2 => IpFamily.None,
            _ => throw Json.Missing(start, "addressType", "must be given: IPv4, IPv6 or FQDN"),
        };
        // Host names are no addresses, and only the addressType, which may come last, tells.
        if (family != IpFamily.None)
        {
            leftOut.AddRange(_badAddresses);
            LeaveOutOtherFamily(family, leftOut);
        }
        if (metadata.IsHeadless || metadata.ServiceName is not { Length: > 0 } service)
        {
            return (null, metadata);
        }
        return (new()
        {
            Name = name,
            Service = new(name.Namespace, service),
            AddressFamily = family,
            Ports = EquatableArray.Create<EndpointPort>(CollectionsMarshal.AsSpan(_ports)),
            Endpoints = family == IpFamily.None ? default : EquatableArray.Create<Endpoint>(CollectionsMarshal.AsSpan(_endpoints)),
            LastChangeTriggerTime = metadata.LastChangeTriggerTime,
            Labels = metadata.Labels,
            Annotations = metadata.Annotations,
        }, metadata);
    }

    private void ReadEndpoint(ref Utf8JsonReader reader)
    {
        var start = reader.TokenStartIndex;
        var (address, at) = (default(InetAddress), -1L);
        bool? ready = null, serving = null, terminating = null;
        string? node = null, zone = null;
        EquatableArray<string> zoneHints = default, nodeHints = default;
        for (var entry = Json.Is(ref reader, JsonTokenType.StartObject, "a mapping"); entry && Json.Property(ref reader);)
        {
            if (reader.ValueTextEquals("addresses"u8))
            {
                (address, at) = ReadAddresses(ref reader);
            }
            else if (reader.ValueTextEquals("conditions"u8))
            {
                ReadConditions(ref reader, ref ready, ref serving, ref terminating);
            }
            else if (reader.ValueTextEquals("nodeName"u8))
            {
                node = Json.Text(ref reader, pool);
            }
            else if (reader.ValueTextEquals("zone"u8))
            {
                zone = Json.Text(ref reader, pool);
            }
            else if (reader.ValueTextEquals("hints"u8))
            {
                for (var hints = Json.Object(ref reader); hints && Json.Property(ref reader);)
                {
                    if (reader.ValueTextEquals("forZones"u8))
                    {
                        zoneHints = ReadHints(ref reader);
                    }
                    else if (reader.ValueTextEquals("forNodes"u8))
                    {
                        nodeHints = ReadHints(ref reader);
                    }
                    else
                    {
                        Json.Skip(ref reader);
                    }
                }
            }
            else
            {
                Json.Skip(ref reader);
            }
        }
        if (at < 0)
        {
            throw Json.Missing(start, "addresses", "must be given: a list with an IP address");
        }
        if (!address.IsNone)
        {
            _addressesAt.Add(at);
            _endpoints.Add(new()
            {
                Address = address,
                IsReady = ready ?? true,
                IsServing = serving ?? true,
                IsTerminating = terminating ?? false,
                NodeName = node,
                Zone = zone,
                ZoneHints = zoneHints,
                NodeHints = nodeHints,
            });
        }
    }

    // Only the addressType, which may come last, tells of what family they should be.
    private void LeaveOutOtherFamily(IpFamily family, List<LeftOutPart> leftOut)
    {
        for (var i = _endpoints.Count - 1; i >= 0; i--)
        {
            if (_endpoints[i].Address is var address && address.Family != family)
            {
                leftOut.Add(new(ObjectPart.Endpoint, new(_addressesAt[i], "", address.ToString(), $"must be an {family} address, as addressType says")));
                _endpoints.RemoveAt(i);
            }
        }
    }

    // The first of them, since kube-proxy takes no other, and where it stands; before 0 when there is none.
    private (InetAddress First, long At) ReadAddresses(ref Utf8JsonReader reader)
    {
        var (first, at) = (default(InetAddress), -1L);
        var isFirst = true;
        for (var list = Json.Array(ref reader); list && Json.Item(ref reader); isFirst = false)
        {
            if (!isFirst)
            {
                reader.Skip();
                continue;
            }
            (first, at) = (Json.AddressItem(ref reader), reader.TokenStartIndex);
            if (first.IsNone)
            {
                _badAddresses.Add(new(ObjectPart.Endpoint, Json.Bad(ref reader, "must be an IP address")));
            }
        }
        return (first, at);
    }

    private static void ReadConditions(ref Utf8JsonReader reader, ref bool? ready, ref bool? serving, ref bool? terminating)
    {
        for (var conditions = Json.Object(ref reader); conditions && Json.Property(ref reader);)
        {
            if (reader.ValueTextEquals("ready"u8))
            {
                ready = Json.Boolean(ref reader);
            }
            else if (reader.ValueTextEquals("serving"u8))
            {
                serving = Json.Boolean(ref reader);
            }
            else if (reader.ValueTextEquals("terminating"u8))
            {
                terminating = Json.Boolean(ref reader);
            }
            else
            {
                Json.Skip(ref reader);
            }
        }
    }

    private EquatableArray<string> ReadHints(ref Utf8JsonReader reader)
    {
        _names.Clear();
        for (var list = Json.Array(ref reader); list && Json.Item(ref reader);)
        {
            for (var hint = Json.Is(ref reader, JsonTokenType.StartObject, "a mapping"); hint && Json.Property(ref reader);)
            {
                if (!reader.ValueTextEquals("name"u8))
                {
                    Json.Skip(ref reader);
                }
                else if (Json.Text(ref reader, pool) is { } name)
                {
                    _names.Add(name);
                }
            }
        }
        return _names.Count == 1 ? pool.Single(_names[0]) : EquatableArray.Create<string>(CollectionsMarshal.AsSpan(_names));
    }

    private EndpointPort ReadPort(ref Utf8JsonReader reader)
    {
        // The API server's defaults: an absent name is "", an absent protocol TCP; an absent port means all ports.
        var name = "";
        var protocol = 0;
        ushort port = 0;
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
                port = Json.Port(ref reader) ?? 0;
            }
            else
            {
                Json.Skip(ref reader);
            }
        }
        return new(name, Protocols.At(protocol), port);
    }
}
