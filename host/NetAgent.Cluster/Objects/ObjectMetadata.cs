using System.Text.Json;
using NetAgent.Contracts;

namespace NetAgent.Cluster.Objects;

/// <summary>The parts of metadata in use. Everything else in it, managedFields above all, is passed over.</summary>
internal struct ObjectMetadata
{
    private const string OwnPrefix = "netagent.io/";

    public string? Name;
    public string? Namespace;
    public string? ResourceVersion;
    public string? Uid;
    public bool IsBeingDeleted;

    /// <summary>Label kubernetes.io/service-name.</summary>
    public string? ServiceName;

    /// <summary>Label service.kubernetes.io/service-proxy-name.</summary>
    public string? ProxyName;

    /// <summary>Label service.kubernetes.io/headless, with whatever value: the EndpointSlice of a headless Service.</summary>
    public bool IsHeadless;

    /// <summary>Annotation k8s.io/initial-events-end of a bookmark (KEP-3157).</summary>
    public bool EndsInitialEvents;

    public EquatableArray<Label> Labels;
    public EquatableArray<Label> OwnAnnotations;
    public DateTimeOffset? LastChangeTriggerTime;

    public readonly NamespacedName Named(long position) =>
        new(Namespace is { Length: > 0 } ? Namespace : "default", NameOrThrow(position));

    public readonly string NameOrThrow(long position) =>
        Name is { Length: > 0 } ? Name : throw Json.Missing(position, "metadata.name", "must be given");

    public static ObjectMetadata Read(ref Utf8JsonReader reader, StringPool pool, bool allLabels = false)
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
                metadata.ReadLabels(ref reader, pool, allLabels);
            }
            else if (reader.ValueTextEquals("annotations"u8))
            {
                metadata.ReadAnnotations(ref reader);
            }
            else
            {
                Json.Skip(ref reader);
            }
        }
        return metadata;
    }

    private void ReadLabels(ref Utf8JsonReader reader, StringPool pool, bool all)
    {
        if (!Json.Object(ref reader))
        {
            return;
        }
        List<Label>? labels = all ? [] : null;
        while (Json.Property(ref reader))
        {
            if (labels is not null)
            {
                var key = pool.Read(ref reader);
                labels.Add(new(key, Json.Text(ref reader, pool) ?? ""));
            }
            else if (reader.ValueTextEquals("kubernetes.io/service-name"u8))
            {
                ServiceName = Json.Text(ref reader, pool);
            }
            else if (reader.ValueTextEquals("service.kubernetes.io/service-proxy-name"u8))
            {
                ProxyName = Json.Text(ref reader, pool) ?? "";
            }
            else if (reader.ValueTextEquals("service.kubernetes.io/headless"u8))
            {
                IsHeadless = true;
                Json.Text(ref reader, pool);
            }
            else
            {
                Json.Text(ref reader, pool: pool);
            }
        }
        labels?.Sort((a, b) => string.CompareOrdinal(a.Key, b.Key));
        Labels = labels is null ? default : [.. labels];
    }

    private void ReadAnnotations(ref Utf8JsonReader reader)
    {
        if (!Json.Object(ref reader))
        {
            return;
        }
        List<Label>? own = null;
        while (Json.Property(ref reader))
        {
            if (reader.ValueTextEquals("endpoints.kubernetes.io/last-change-trigger-time"u8))
            {
                // Only a metric is made of it: what is no time is no reason to refuse the object.
                reader.Read();
                LastChangeTriggerTime = reader.TokenType == JsonTokenType.String && reader.TryGetDateTimeOffset(out var time) ? time : null;
            }
            else if (reader.ValueTextEquals("k8s.io/initial-events-end"u8))
            {
                EndsInitialEvents = Json.Text(ref reader) == "true";
            }
            else if (reader.GetString() is { } key && key.StartsWith(OwnPrefix, StringComparison.Ordinal))
            {
                (own ??= []).Add(new(key, Json.Text(ref reader) ?? ""));
            }
            else
            {
                Json.Skip(ref reader);
            }
        }
        own?.Sort((a, b) => string.CompareOrdinal(a.Key, b.Key));
        OwnAnnotations = own is null ? default : [.. own];
    }
}
