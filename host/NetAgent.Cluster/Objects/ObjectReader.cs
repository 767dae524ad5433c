using System.Buffers;
using System.Text.Json;

namespace NetAgent.Cluster.Objects;

/// <summary>Reads one object's JSON into the contract's record. Not thread-safe: one per source.</summary>
internal sealed class ObjectReader
{
    private readonly StringPool _pool = new();
    private readonly EndpointSliceReader _slices;

    /// <summary>What is kept of objects read from now on.</summary>
    public MetadataWish Wish { get; set; } = MetadataWish.Standard;

    public ObjectReader() => _slices = new(_pool);

    /// <summary>
    /// Reads an object. Value is null for one that nobody needs (a slice of no Service or of a headless one). What is wrong comes back as a problem, with as
    /// much of the name as could be read.
    /// </summary>
    public (object? Value, ObjectMetadata Metadata, SourceProblem? Problem) Read(ObjectKind kind, ReadOnlySequence<byte> json, string where)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                throw Json.Bad(ref reader, $"must be a {kind}");
            }
            switch (kind)
            {
                case ObjectKind.Service:
                    return Good(ServiceReader.Read(ref reader, _pool, Wish));
                case ObjectKind.EndpointSlice:
                    return Good(_slices.Read(ref reader, Wish));
                case ObjectKind.Node:
                    return Good(NodeReader.Read(ref reader, _pool));
                default:
                    return Good(ConfigMap.Read(ref reader, _pool));
            }
        }
        catch (BadFieldException e)
        {
            var path = JsonPath.Find(json, e.Position);
            var field = path.Length > 0 && e.Field.Length > 0 ? $"{path}.{e.Field}" : path + e.Field;
            var metadata = ReadMetadata(json);
            return (null, metadata, new(Named(where, kind, metadata), field, e.Value, e.Expected));
        }
        // InvalidOperationException: a string with half a surrogate pair.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return (null, default, new(where, "", "", $"not JSON: {e.Message}"));
        }

        static (object?, ObjectMetadata, SourceProblem?) Good<T>((T? Value, ObjectMetadata Metadata) read) => (read.Value, read.Metadata, null);
    }

    private static string Named(string where, ObjectKind kind, ObjectMetadata metadata) =>
        metadata.Name is not { } name ? $"{where}, {kind}"
        : kind == ObjectKind.Node ? $"{where}, {kind} {name}"
        : $"{where}, {kind} {metadata.Namespace ?? "default"}/{name}";

    /// <summary>metadata of an object that may be bad elsewhere; empty when it is metadata that is bad.</summary>
    public ObjectMetadata ReadMetadata(ReadOnlySequence<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            reader.Read();
            while (Json.Property(ref reader))
            {
                if (reader.ValueTextEquals("metadata"u8))
                {
                    return ObjectMetadata.Read(ref reader, _pool, MetadataWish.None);
                }
                Json.Skip(ref reader);
            }
        }
        catch (Exception e) when (e is BadFieldException or JsonException or InvalidOperationException)
        {
            // The name is what is bad; the problem then goes without.
        }
        return default;
    }
}
