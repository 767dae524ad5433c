using NetAgent.Contracts;

namespace NetAgent.Cluster;

/// <summary>
/// What a source could not read and never has since it began: it is wanted, and nobody knows what it is. What was read once counts in its
/// last good version and is not among this.
/// </summary>
public sealed record UnreadObjects
{
    /// <summary>Everything was read.</summary>
    public static UnreadObjects None { get; } = new();

    /// <summary>Files, documents and objects without a name, in which anything may stand.</summary>
    public EquatableArray<string> Places { get; init; }

    /// <summary>Services.</summary>
    public EquatableArray<NamespacedName> Services { get; init; }

    /// <summary>Services with an EndpointSlice that could not be read.</summary>
    public EquatableArray<NamespacedName> Endpoints { get; init; }

    /// <summary>There is nothing of the kind.</summary>
    public bool IsNone => Places.IsEmpty && Services.IsEmpty && Endpoints.IsEmpty;

    /// <summary>Each for people: <c>Service default/web</c>.</summary>
    public IEnumerable<string> Names => Places
        .Concat(Services.Select(name => $"Service {name}"))
        .Concat(Endpoints.Select(name => $"an EndpointSlice of Service {name}"));

    /// <summary>Both together.</summary>
    public UnreadObjects And(UnreadObjects other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return IsNone ? other : other.IsNone ? this : new()
        {
            Places = Union(Places, other.Places),
            Services = Union(Services, other.Services),
            Endpoints = Union(Endpoints, other.Endpoints),
        };
    }

    internal static UnreadObjects Of(IEnumerable<string> places, IEnumerable<BadObject> objects)
    {
        var bad = objects.ToArray();
        return new()
        {
            Places = Sorted(places),
            Services = Sorted(bad.Where(item => item.Kind == Objects.ObjectKind.Service).Select(item => item.Name)),
            Endpoints = Sorted(bad.Select(item => item.Service).OfType<NamespacedName>()),
        };
    }

    private static EquatableArray<T> Union<T>(EquatableArray<T> left, EquatableArray<T> right)
        where T : IEquatable<T> => Sorted(left.Concat(right));

    private static EquatableArray<T> Sorted<T>(IEnumerable<T> items)
        where T : IEquatable<T> => items.Distinct().Order().ToEquatableArray();
}

/// <summary>An object that could not be read, but for its name.</summary>
/// <param name="Kind">Service, EndpointSlice …</param>
/// <param name="Name">Its name.</param>
/// <param name="Service">Whose endpoints an EndpointSlice has; null for other kinds and for one that no proxy needs.</param>
internal readonly record struct BadObject(Objects.ObjectKind Kind, NamespacedName Name, NamespacedName? Service)
{
    public static BadObject Of(Objects.ObjectKind kind, NamespacedName name, in Objects.ObjectMetadata metadata) => new(
        kind, name, kind == Objects.ObjectKind.EndpointSlice && !metadata.IsHeadless && metadata.ServiceName is { Length: > 0 } service
            ? new NamespacedName(name.Namespace, service) : null);
}
