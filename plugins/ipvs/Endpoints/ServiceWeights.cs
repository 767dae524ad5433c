using System.Globalization;
using NetAgent.Contracts;

namespace NetAgent.Plugins.Ipvs.Endpoints;

/// <summary>
/// The weights that a Service's annotations and its slices' ask for. The narrowest wins: the slice's names the endpoints themselves, then
/// local-weight (this node's), then zone-weight (this zone's), else 1.
/// </summary>
internal sealed class ServiceWeights
{
    public const string SliceAnnotation = "netagent.io/weight";
    public const string LocalAnnotation = "netagent.io/local-weight";
    public const string ZoneAnnotation = "netagent.io/zone-weight";
    private const ushort KubeProxyWeight = 1;

    private readonly ushort? _local;
    private readonly ushort? _zone;
    private readonly Dictionary<NamespacedName, ushort> _slices = [];

    private ServiceWeights(ushort? local, ushort? zone)
    {
        _local = local;
        _zone = zone;
    }

    /// <summary>Reads the annotations of a Service and its slices; what is wrong with them goes to <paramref name="notices"/>.</summary>
    public static ServiceWeights Read(Service service, EquatableArray<EndpointSlice> slices, ICollection<Notice> notices)
    {
        var weights = new ServiceWeights(
            Read(service.Annotations, LocalAnnotation, $"Service {service.Name}", service.Name, notices),
            Read(service.Annotations, ZoneAnnotation, $"Service {service.Name}", service.Name, notices));
        foreach (var slice in slices)
        {
            if (Read(slice.Annotations, SliceAnnotation, $"EndpointSlice {slice.Name}", service.Name, notices) is { } weight)
            {
                weights._slices[slice.Name] = weight;
            }
        }
        return weights;
    }

    public ushort For(EndpointSlice slice, bool isLocal, bool isInZone)
    {
        if (_slices.TryGetValue(slice.Name, out var weight))
        {
            return weight;
        }
        if (isLocal && _local is { } local)
        {
            return local;
        }
        return isInZone && _zone is { } zone ? zone : KubeProxyWeight;
    }

    private static ushort? Read(EquatableArray<Label> annotations, string key, string holder, NamespacedName service,
        ICollection<Notice> notices)
    {
        if (annotations.Find(key) is not { } text)
        {
            return null;
        }
        if (ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var weight))
        {
            return weight;
        }
        notices.Add(new Notice(Severity.Warning, "InvalidWeight",
            $"{holder}: annotation {key} is \"{text}\"; a weight is a whole number from 0 to {ushort.MaxValue}. It is taken as"
                + $" {KubeProxyWeight}.")
        {
            Service = service,
        });
        return KubeProxyWeight;
    }
}
