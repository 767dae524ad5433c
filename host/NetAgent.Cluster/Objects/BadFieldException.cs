namespace NetAgent.Cluster.Objects;

/// <summary>
/// A field of an object holds what the API server would refuse. Caught once per object, so one bad object costs only itself.
/// </summary>
/// <param name="position">Offset of the token in the object's JSON, from which its path is found.</param>
/// <param name="field">Field below that token, for one that is missing; empty when the token itself is wrong.</param>
/// <param name="value">The value as written.</param>
/// <param name="expected">What would be right.</param>
internal sealed class BadFieldException(long position, string field, string value, string expected) : Exception(expected)
{
    public long Position { get; } = position;

    public string Field { get; } = field;

    public string Value { get; } = value;

    public string Expected { get; } = expected;
}
