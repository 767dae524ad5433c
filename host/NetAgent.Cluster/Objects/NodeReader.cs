using System.Text.Json;
using NetAgent.Contracts;

namespace NetAgent.Cluster.Objects;

/// <summary>Reads a Node (core/v1).</summary>
internal static class NodeReader
{
    public static (Node Node, ObjectMetadata Metadata) Read(ref Utf8JsonReader reader, StringPool pool, List<LeftOutPart> leftOut)
    {
        var start = reader.TokenStartIndex;
        var metadata = default(ObjectMetadata);
        var podCIDRs = new List<InetPrefix>();
        InetPrefix podCIDR = default;
        var taints = new List<string>();
        var addresses = new List<InetAddress>();
        while (Json.Property(ref reader))
        {
            if (reader.ValueTextEquals("metadata"u8))
            {
                metadata = ObjectMetadata.Read(ref reader, pool, MetadataWish.None, allLabels: true, leftOut);
            }
            else if (reader.ValueTextEquals("spec"u8))
            {
                ReadSpec(ref reader, podCIDRs, ref podCIDR, taints);
            }
            else if (reader.ValueTextEquals("status"u8))
            {
                ReadStatus(ref reader, addresses);
            }
            else
            {
                Json.Skip(ref reader);
            }
        }
        if (podCIDRs.Count == 0 && !podCIDR.IsNone)
        {
            podCIDRs.Add(podCIDR);
        }
        return (new()
        {
            Name = metadata.NameOrThrow(start),
            Addresses = [.. addresses],
            PodCIDRs = [.. podCIDRs],
            Labels = metadata.Labels,
            TaintKeys = [.. taints],
            IsBeingDeleted = metadata.IsBeingDeleted,
        }, metadata);
    }

    private static void ReadSpec(ref Utf8JsonReader reader, List<InetPrefix> podCIDRs, ref InetPrefix podCIDR, List<string> taints)
    {
        for (var spec = Json.Object(ref reader); spec && Json.Property(ref reader);)
        {
            if (reader.ValueTextEquals("podCIDR"u8))
            {
                reader.Read();
                podCIDR = ReadPrefix(ref reader);
            }
            else if (reader.ValueTextEquals("podCIDRs"u8))
            {
                for (var list = Json.Array(ref reader); list && Json.Item(ref reader);)
                {
                    podCIDRs.Add(ReadPrefix(ref reader));
                }
            }
            else if (reader.ValueTextEquals("taints"u8))
            {
                for (var list = Json.Array(ref reader); list && Json.Item(ref reader);)
                {
                    for (var taint = Json.Is(ref reader, JsonTokenType.StartObject, "a mapping"); taint && Json.Property(ref reader);)
                    {
                        if (!reader.ValueTextEquals("key"u8))
                        {
                            Json.Skip(ref reader);
                        }
                        else if (Json.Text(ref reader) is { } key)
                        {
                            taints.Add(key);
                        }
                    }
                }
            }
            else
            {
                Json.Skip(ref reader);
            }
        }
    }

    private static InetPrefix ReadPrefix(ref Utf8JsonReader reader)
    {
        var text = Json.TextItem(ref reader);
        return text is null or "" ? default
            : InetPrefix.TryParse(text, out var prefix) ? prefix
            : throw Json.Bad(ref reader, "must be a prefix such as 10.244.1.0/24");
    }

    private static void ReadStatus(ref Utf8JsonReader reader, List<InetAddress> addresses)
    {
        var external = new List<InetAddress>();
        for (var status = Json.Object(ref reader); status && Json.Property(ref reader);)
        {
            if (!reader.ValueTextEquals("addresses"u8))
            {
                Json.Skip(ref reader);
                continue;
            }
            for (var list = Json.Array(ref reader); list && Json.Item(ref reader);)
            {
                string? type = null;
                InetAddress address = default;
                for (var entry = Json.Is(ref reader, JsonTokenType.StartObject, "a mapping"); entry && Json.Property(ref reader);)
                {
                    if (reader.ValueTextEquals("type"u8))
                    {
                        type = Json.Text(ref reader);
                    }
                    else if (reader.ValueTextEquals("address"u8))
                    {
                        reader.Read();
                        address = Json.AddressItem(ref reader);
                    }
                    else
                    {
                        Json.Skip(ref reader);
                    }
                }
                if (!address.IsNone && type is "InternalIP" or "ExternalIP")
                {
                    (type == "InternalIP" ? addresses : external).Add(address);
                }
            }
        }
        addresses.AddRange(external);
    }
}
