using NetAgent.Contracts;

namespace NetAgent.Cluster;

/// <summary>
/// Which labels and annotations of Services and EndpointSlices are kept: what some plugin asked for. A cluster's objects carry many times
/// what anybody reads.
/// </summary>
/// <param name="Labels">Keys, or prefixes followed by <c>*</c>.</param>
/// <param name="Annotations">Keys, or prefixes followed by <c>*</c>.</param>
public sealed record MetadataWish(EquatableArray<string> Labels, EquatableArray<string> Annotations)
{
    /// <summary>Nothing.</summary>
    public static MetadataWish None { get; } = new([], []);

    /// <summary>
    /// Until plugins have said what they want: what the agent's own ask for, so that a start reads a cluster once and not twice.
    /// </summary>
    public static MetadataWish Standard { get; } = new([], ["netagent.io/*"]);

    /// <summary>What any of these asks for.</summary>
    public static MetadataWish Of(IEnumerable<Observations> all)
    {
        var wishes = all.ToArray();
        return new(Sorted(wishes.SelectMany(wish => wish.Labels)), Sorted(wishes.SelectMany(wish => wish.Annotations)));
    }

    /// <summary>What both ask for.</summary>
    public MetadataWish And(MetadataWish other) => new(Both(Labels, other.Labels), Both(Annotations, other.Annotations));

    /// <summary>True when nothing that the other asks for is missing here.</summary>
    public bool Covers(MetadataWish other) =>
        other.Labels.All(key => Takes(Labels, key)) && other.Annotations.All(key => Takes(Annotations, key));

    /// <summary>The Service with no more than is asked for; the same object where it has no more.</summary>
    public Service Narrow(Service service) =>
        service.Labels.All(label => Takes(Labels, label.Key)) && service.Annotations.All(annotation => Takes(Annotations, annotation.Key))
            ? service
            : service with { Labels = Narrow(Labels, service.Labels), Annotations = Narrow(Annotations, service.Annotations) };

    /// <summary>The EndpointSlice with no more than is asked for; the same object where it has no more.</summary>
    public EndpointSlice Narrow(EndpointSlice slice) =>
        slice.Labels.All(label => Takes(Labels, label.Key)) && slice.Annotations.All(annotation => Takes(Annotations, annotation.Key))
            ? slice
            : slice with { Labels = Narrow(Labels, slice.Labels), Annotations = Narrow(Annotations, slice.Annotations) };

    /// <summary>A Service and its EndpointSlices with no more than is asked for; the same object where they have no more.</summary>
    public ServiceEndpoints Narrow(ServiceEndpoints endpoints)
    {
        var service = Narrow(endpoints.Service);
        var slices = endpoints.Slices;
        if (endpoints.Slices.Any(slice => !ReferenceEquals(Narrow(slice), slice)))
        {
            slices = endpoints.Slices.Select(Narrow).ToEquatableArray();
        }
        return ReferenceEquals(service, endpoints.Service) && slices == endpoints.Slices ? endpoints : new(service, slices);
    }

    internal bool TakesLabel(string key) => Takes(Labels, key);

    internal bool TakesAnnotation(string key) => Takes(Annotations, key);

    private static EquatableArray<Label> Narrow(EquatableArray<string> wanted, EquatableArray<Label> labels) =>
        labels.Where(label => Takes(wanted, label.Key)).ToEquatableArray();

    // A key, or another wish: "a/*" takes "a/b" as well as "a/b*".
    private static bool Takes(EquatableArray<string> wanted, string key)
    {
        foreach (var pattern in wanted)
        {
            if (pattern == key
                || (pattern.EndsWith('*') && key.AsSpan().StartsWith(pattern.AsSpan(0, pattern.Length - 1), StringComparison.Ordinal)))
            {
                return true;
            }
        }
        return false;
    }

    private static EquatableArray<string> Both(EquatableArray<string> left, EquatableArray<string> right) =>
        Sorted(left.Where(key => Takes(right, key)).Concat(right.Where(key => Takes(left, key))));

    private static EquatableArray<string> Sorted(IEnumerable<string> keys) =>
        keys.Distinct().Order(StringComparer.Ordinal).ToEquatableArray();
}
