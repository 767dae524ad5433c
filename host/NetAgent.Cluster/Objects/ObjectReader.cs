using System.Buffers;
using System.Text.Json;

namespace NetAgent.Cluster.Objects;

/// <summary>Reads one object's JSON into the contract's record. Not thread-safe: one per source.</summary>
internal sealed class ObjectReader
{
    private const int LeftOutNamed = 10;

    private readonly StringPool _pool = new();
    private readonly List<LeftOutPart> _leftOut = [];
    private readonly EndpointSliceReader _slices;

    /// <summary>What is kept of objects read from now on.</summary>
    public MetadataWish Wish { get; set; } = MetadataWish.Standard;

    public ObjectReader() => _slices = new(_pool);

    /// <summary>
    /// Reads an object. Value is null for one that nobody needs (a slice of no Service or of a headless one). What is wrong comes back as a problem, with as
    /// much of the name as could be read.
    /// </summary>
    public ReadObject Read(ObjectKind kind, ReadOnlySequence<byte> json, string where)
    {
        _leftOut.Clear();
        try
        {
            var reader = new Utf8JsonReader(json);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                throw Json.Bad(ref reader, $"must be a {kind}");
            }
            var (value, metadata) = Read(kind, ref reader);
            return new(value, metadata, null) { LeftOut = LeftOut(kind, metadata, json, where), Parts = [.. _leftOut.Select(part => part.Part)], CostsRows = _leftOut.Exists(part => part.CostsRows) };
        }
        catch (BadFieldException e)
        {
            var metadata = ReadMetadata(json);
            return new(null, metadata, Problem(e, kind, metadata, json, where));
        }
        // InvalidOperationException: a string with half a surrogate pair.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return new(null, default, new(where, "", "", $"not JSON: {e.Message}"));
        }
    }

    private (object? Value, ObjectMetadata Metadata) Read(ObjectKind kind, ref Utf8JsonReader reader) => kind switch
    {
        ObjectKind.Service => ServiceReader.Read(ref reader, _pool, Wish, _leftOut),
        ObjectKind.EndpointSlice => _slices.Read(ref reader, Wish, _leftOut),
        ObjectKind.Node => NodeReader.Read(ref reader, _pool, _leftOut),
        _ => ConfigMap.Read(ref reader, _pool),
    };

    private List<SourceProblem> LeftOut(ObjectKind kind, in ObjectMetadata metadata, ReadOnlySequence<byte> json, string where)
    {
        if (_leftOut.Count == 0)
        {
            return [];
        }
        var problems = new List<SourceProblem>();
        foreach (var part in _leftOut.OrderBy(part => part.Fault.Position).Take(LeftOutNamed))
        {
            var problem = Problem(part.Fault, kind, metadata, json, where);
            problems.Add(problem with { Message = $"{problem.Message}; this {part.Name} is left out", Reason = ProblemReason.PartLeftOut });
        }
        if (_leftOut.Count > LeftOutNamed)
        {
            problems.Add(new(Named(where, kind, metadata), "", "", $"{_leftOut.Count - LeftOutNamed} more of its parts are bad and left out") { Reason = ProblemReason.PartLeftOut });
        }
        return problems;
    }

    private static SourceProblem Problem(BadFieldException fault, ObjectKind kind, in ObjectMetadata metadata, ReadOnlySequence<byte> json, string where)
    {
        var path = JsonPath.Find(json, fault.Position);
        var field = path.Length > 0 && fault.Field.Length > 0 ? $"{path}.{fault.Field}" : path + fault.Field;
        return new(Named(where, kind, metadata), field, fault.Value, fault.Expected);
    }

    private static string Named(string where, ObjectKind kind, in ObjectMetadata metadata) =>
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

/// <summary>What came of reading an object.</summary>
/// <param name="Value">The object; null when it is bad, or when nobody needs it.</param>
/// <param name="Metadata">Its metadata.</param>
/// <param name="Problem">Why it is bad; null when it is not.</param>
internal readonly record struct ReadObject(object? Value, ObjectMetadata Metadata, SourceProblem? Problem)
{
    /// <summary>What is wrong with parts of it that are left out.</summary>
    public IReadOnlyList<SourceProblem> LeftOut { get; init; } = [];

    /// <summary>The parts left out.</summary>
    public IReadOnlyList<ObjectPart> Parts { get; init; } = [];

    /// <summary>Without them the object asks for fewer rows.</summary>
    public bool CostsRows { get; init; }
}
