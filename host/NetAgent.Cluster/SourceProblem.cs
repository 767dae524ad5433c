namespace NetAgent.Cluster;

/// <summary>Something wrong with what a source delivers; the rest of it is in use.</summary>
/// <param name="Source">Where: file and document, or the API server's resource and object.</param>
/// <param name="Field">The field: <c>spec.ports[1].port</c>; empty when no field is to blame.</param>
/// <param name="Value">Its value as written; empty when it is missing.</param>
/// <param name="Message">What is wrong and what would be right.</param>
public sealed record SourceProblem(string Source, string Field, string Value, string Message)
{
    /// <summary>What it is.</summary>
    public ProblemReason Reason { get; init; }

    /// <summary><c>services.yaml, document 2, Service default/web: spec.ports[1].port: '70000': must be …</c>.</summary>
    public override string ToString() =>
        Source + (Field.Length > 0 ? $": {Field}" : "") + (Value.Length > 0 ? $": '{Value}'" : "") + $": {Message}";
}
