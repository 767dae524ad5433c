using System.Text.Json;
using NetAgent.Contracts;

namespace NetAgent.Cluster.Objects;

/// <summary>The parts of metadata in use. Everything else in it, managedFields above all, is passed over.</summary>
internal struct ObjectMetadata
{
    /// <summary>Names the Service whose endpoints a slice holds.</summary>
    public const string ServiceNameLabel = "kubernetes.io/service-name";

    public string? Name;
    public string? Namespace;
    public string? ResourceVersion;
    public string? Uid;
    public bool IsBeingDeleted;

    /// <summary>Label <see cref="ServiceNameLabel"/>.</summary>
    public string? ServiceName;

    /// <summary>Label service.kubernetes.io/service-proxy-name.</summary>
    public string? ProxyName;

    /// <summary>Label service.kubernetes.io/headless, with whatever value: the EndpointSlice of a headless Service.</summary>
    public bool IsHeadless;

    /// <summary>Annotation k8s.io/initial-events-end of a bookmark (KEP-3157).</summary>
    public bool EndsInitialEvents;

    public EquatableArray<Label> Labels;
    public EquatableArray<Label> Annotations;
    public DateTimeOffset? LastChangeTriggerTime;

    public readonly NamespacedName Named(long position) =>
        new(Namespace is { Length: > 0 } ? Namespace : "default", NameOrThrow(position));

    public readonly string NameOrThrow(long position) =>
        Name is { Length: > 0 } ? Name : throw Json.Missing(position, "metadata.name", "must be given");

    /// <param name="reader">On the key.</param>
    /// <param name="pool">Of strings.</param>
    /// <param name="wish">Labels and annotations to keep.</param>
    /// <param name="allLabels">Keep all labels: a Node's.</param>
    /// <param name="leftOut">Takes labels that are bad; null where nobody wants to know, and all that can be read of it will do.</param>
    public static ObjectMetadata Read(ref Utf8JsonReader reader, StringPool pool, MetadataWish wish, bool allLabels = false, List<LeftOutPart>? leftOut = null)
    {
        var metadata = default(ObjectMetadata);
        if (!Json.Object(ref reader))
        {
            return metadata;
        }
        while (Json.Property(ref reader))
        {
            if (reader.ValueTextEquals("name"u8))
            {
                metadata.Name = Json.Text(ref reader);
            }
            else if (reader.ValueTextEquals("namespace"u8))
            {
                metadata.Namespace = Json.Text(ref reader, pool);
            }
            else if (reader.ValueTextEquals("resourceVersion"u8))
            {
                metadata.ResourceVersion = Json.Text(ref reader);
            }
            else if (reader.ValueTextEquals("uid"u8) && allLabels)
            {
                metadata.Uid = Json.Text(ref reader);
            }
            else if (reader.ValueTextEquals("deletionTimestamp"u8))
            {
                metadata.IsBeingDeleted = Json.Text(ref reader) is not null;
            }
            else if (reader.ValueTextEquals("labels"u8))
            {
                metadata.ReadLabels(ref reader, pool, wish, allLabels, leftOut);
            }
            else if (reader.ValueTextEquals("annotations"u8))
            {
                metadata.ReadAnnotations(ref reader, pool, wish);
            }
            else
            {
                Json.Skip(ref reader);
            }
        }
        return metadata;
    }

    private void ReadLabels(ref Utf8JsonReader reader, StringPool pool, MetadataWish wish, bool all, List<LeftOutPart>? leftOut)
    {
        reader.Read();
        if (leftOut is null && reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }
        if (!Json.Is(ref reader, JsonTokenType.StartObject, "a mapping"))
        {
            return;
        }
        List<Label>? labels = null;
        while (Json.Property(ref reader))
        {
            var isServiceName = reader.ValueTextEquals("kubernetes.io/service-name"u8);
            var isProxyName = reader.ValueTextEquals("service.kubernetes.io/service-proxy-name"u8);
            IsHeadless |= reader.ValueTextEquals("service.kubernetes.io/headless"u8);
            var key = all || !wish.Labels.IsEmpty ? pool.Read(ref reader) : null;
            var isKept = key is not null && (all || wish.TakesLabel(key));
            reader.Read();
            // As the API server would refuse it, whoever reads it; but only the Service's name cannot be done without.
            if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.Null) && (leftOut is null || !isServiceName || all))
            {
                ProxyName = isProxyName && !all ? "" : ProxyName;
                leftOut?.Add(new(ObjectPart.Label, Json.Bad(ref reader, "must be text; in YAML put it in quotes")));
                reader.Skip();
                continue;
            }
            var value = Json.TextItem(ref reader, pool);
            if (isServiceName && !all)
            {
                ServiceName = value;
            }
            if (isProxyName && !all)
            {
                ProxyName = value ?? "";
            }
            if (isKept)
            {
                (labels ??= []).Add(new(key!, value ?? ""));
            }
        }
        Labels = Sorted(labels);
    }

    private void ReadAnnotations(ref Utf8JsonReader reader, StringPool pool, MetadataWish wish)
    {
        if (!Json.Object(ref reader))
        {
            return;
        }
        List<Label>? annotations = null;
        while (Json.Property(ref reader))
        {
            var isTime = reader.ValueTextEquals("endpoints.kubernetes.io/last-change-trigger-time"u8);
            var isEnd = reader.ValueTextEquals("k8s.io/initial-events-end"u8);
            var key = wish.Annotations.IsEmpty ? null : pool.Read(ref reader);
            var isKept = key is not null && wish.TakesAnnotation(key);
            if (!isTime && !isEnd && !isKept)
            {
                Json.Skip(ref reader);
                continue;
            }
            if (isTime)
            {
                // Only a metric is made of it: what is no time is no reason to refuse the object.
                reader.Read();
                LastChangeTriggerTime = reader.TokenType == JsonTokenType.String && reader.TryGetDateTimeOffset(out var time) ? time : null;
                if (isKept && reader.TokenType == JsonTokenType.String)
                {
                    (annotations ??= []).Add(new(key!, reader.GetString()!));
                }
                continue;
            }
            var value = Json.Text(ref reader);
            EndsInitialEvents |= isEnd && value == "true";
            if (isKept)
            {
                (annotations ??= []).Add(new(key!, value ?? ""));
            }
        }
        Annotations = Sorted(annotations);
    }

    private static EquatableArray<Label> Sorted(List<Label>? labels)
    {
        labels?.Sort((a, b) => string.CompareOrdinal(a.Key, b.Key));
        return labels is null ? default : [.. labels];
    }
}
