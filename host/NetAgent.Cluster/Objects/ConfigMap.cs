using System.Collections.Immutable;
using System.Text.Json;
using NetAgent.Contracts;

namespace NetAgent.Cluster.Objects;

/// <summary>A ConfigMap (core/v1): its text, by key. binaryData is not kept.</summary>
/// <param name="Name">metadata.namespace and metadata.name.</param>
/// <param name="Texts">data.</param>
public sealed record ConfigMap(NamespacedName Name, ImmutableSortedDictionary<string, string> Texts)
{
    /// <summary>True when both hold the same texts.</summary>
    public bool Equals(ConfigMap? other) => other is not null && Name == other.Name && Texts.SequenceEqual(other.Texts);

    /// <inheritdoc/>
    public override int GetHashCode() => Name.GetHashCode();

    internal static (ConfigMap Map, ObjectMetadata Metadata) Read(ref Utf8JsonReader reader, StringPool pool)
    {
        var start = reader.TokenStartIndex;
        var metadata = default(ObjectMetadata);
        var texts = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        while (Json.Property(ref reader))
        {
            if (reader.ValueTextEquals("metadata"u8))
            {
                metadata = ObjectMetadata.Read(ref reader, pool, MetadataWish.None);
            }
            else if (reader.ValueTextEquals("data"u8))
            {
                for (var map = Json.Object(ref reader); map && Json.Property(ref reader);)
                {
                    var key = reader.GetString()!;
                    texts[key] = Json.Text(ref reader) ?? "";
                }
            }
            else
            {
                Json.Skip(ref reader);
            }
        }
        return (new(metadata.Named(start), texts.ToImmutable()), metadata);
    }
}
