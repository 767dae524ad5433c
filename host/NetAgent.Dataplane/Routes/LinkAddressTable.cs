using System.Runtime.InteropServices;
using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;
using NetAgent.Dataplane.Tables;

namespace NetAgent.Dataplane.Routes;

/// <summary>
/// Addresses, and local routes of one address, on the links it is told to look at; others are neither read nor touched. Link-local
/// IPv6 addresses are the kernel's own and not seen.
/// </summary>
internal sealed class LinkAddressTable(NetlinkConnection connection, IReadOnlyCollection<string> links)
    : IKernelTable<LinkAddressKey, LinkAddress>
{
    // What a row cannot say and removing needs: addresses with another prefix length, and those that have a route as well.
    private readonly Dictionary<LinkAddressKey, byte> _prefixLengths = [];
    private readonly HashSet<LinkAddressKey> _boundTwice = [];

    public string Name => "addresses";

    /// <summary>Names of the links to look at; they need not exist.</summary>
    public IReadOnlyCollection<string> Links { get; set; } = links;

    public IReadOnlyDictionary<LinkAddressKey, LinkAddress> Read()
    {
        var rows = new Dictionary<LinkAddressKey, LinkAddress>();
        var names = connection.ReadLinks().Where(link => Links.Contains(link.Name)).ToDictionary(link => link.Index, link => link.Name);
        if (names.Count == 0)
        {
            return rows;
        }
        var addresses = connection.ReadAddresses();
        var routes = connection.ReadLocalRoutes(IpFamily.IPv4).Concat(connection.ReadLocalRoutes(IpFamily.IPv6)).ToList();
        _prefixLengths.Clear();
        _boundTwice.Clear();
        foreach (var (index, prefix) in addresses)
        {
            if (!names.TryGetValue(index, out var name) || (prefix.Family == IpFamily.IPv6 && prefix.Address.IsLinkLocal))
            {
                continue;
            }
            var key = new LinkAddressKey(name, prefix.Address);
            rows[key] = new(key, AddressBinding.Address);
            if (prefix.Length != prefix.Address.BitCount)
            {
                _prefixLengths[key] = prefix.Length;
            }
        }
        foreach (var route in routes)
        {
            if (names.TryGetValue(route.LinkIndex, out var name))
            {
                var key = new LinkAddressKey(name, route.Destination.Address);
                if (!rows.TryAdd(key, new(key, AddressBinding.Route)))
                {
                    _boundTwice.Add(key);
                }
            }
        }
        return rows;
    }

    /// <summary>New bindings first, then what goes: packets for an address whose binding changes find it local throughout.</summary>
    public void Apply(IReadOnlyList<RowChange<LinkAddress>> changes, ICollection<RowRefusal> refusals)
    {
        var make = new List<Step>(changes.Count);
        var unmake = new List<Step>();
        var indexes = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < changes.Count; i++)
        {
            var (kind, row, _) = changes[i];
            if (!TryFindLink(row.Key.Link, indexes, i, kind, refusals, out var link))
            {
                continue;
            }
            var isAddress = row.Binding == AddressBinding.Address;
            if (kind != RowChangeKind.Remove)
            {
                make.Add(new(i, link, row, isAddress ? StepKind.NewAddress : StepKind.NewRoute));
            }
            if (kind != RowChangeKind.Add)
            {
                var removes = kind == RowChangeKind.Remove;
                var both = removes && _boundTwice.Contains(row.Key);
                if (both || removes == isAddress)
                {
                    unmake.Add(new(i, link, row, StepKind.DeleteAddress));
                }
                if (both || removes != isAddress)
                {
                    unmake.Add(new(i, link, row, StepKind.DeleteRoute));
                }
            }
        }
        var refused = new HashSet<int>();
        Send(make, refusals, refused, mayRaise: true);
        unmake.RemoveAll(step => refused.Contains(step.Index));
        Unmake(unmake, refusals, refused);
    }

    private void Unmake(List<Step> steps, ICollection<RowRefusal> refusals, HashSet<int> refused)
    {
        if (steps.Count == 0)
        {
            return;
        }
        try
        {
            var handover = new BindingHandover(connection);
            handover.AwaitKernelRoutes(
                [.. steps.Where(step => step.Kind == StepKind.DeleteRoute && step.Row.Binding == AddressBinding.Address)
                .Select(step => step.Row.Key.Address)]);
            var going = steps.Where(step => step.Kind == StepKind.DeleteRoute).Select(step => (step.Link, step.Row.Key.Address))
                .ToHashSet();
            var stripped = steps.Where(step => step.Kind == StepKind.DeleteAddress && step.Row.Key.Address.Family == IpFamily.IPv4)
                .Select(step => step.Link).ToHashSet();
            handover.KeepRoutes(stripped, going, () => Send(steps, refusals, refused, mayRaise: false));
        }
        catch (KernelException e)
        {
            foreach (var step in steps.DistinctBy(step => step.Index).Where(step => !refused.Contains(step.Index)))
            {
                refusals.Add(new(step.Index, e.Operation, e.Errno, $"{step.Row.Key}: {e.Message}"));
            }
        }
    }

    private void Send(List<Step> steps, ICollection<RowRefusal> refusals, HashSet<int> refused, bool mayRaise)
    {
        var again = new List<Step>();
        foreach (var failure in connection.Send(steps, Write))
        {
            var step = steps[failure.Index];
            if (IsDone(step.Kind, failure.Errno))
            {
                continue;
            }
            // IPv6, unlike IPv4, takes no route through a link that is down.
            if (mayRaise && step.Kind == StepKind.NewRoute && failure.Errno == Errno.NetworkDown)
            {
                again.Add(step);
                continue;
            }
            refused.Add(step.Index);
            refusals.Add(new(step.Index, Spell(step.Kind), failure.Errno, $"{step.Row.Key}: {failure.Describe()}"));
        }
        if (again.Count > 0)
        {
            foreach (var link in again.Select(step => step.Link).Distinct())
            {
                // Best effort: if the link stays down the routes are refused again, with that reason.
                _ = connection.Send(link, LinkCodec.WriteNoAddressGeneration);
                _ = connection.Send(link, LinkCodec.WriteUp);
            }
            Send(again, refusals, refused, mayRaise: false);
        }
    }

    private bool TryFindLink(
        string name, Dictionary<string, int> indexes, int change, RowChangeKind kind, ICollection<RowRefusal> refusals, out int index)
    {
        ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(indexes, name, out var exists);
        if (!exists)
        {
            try
            {
                known = connection.FindLink(name)?.Index ?? 0;
            }
            catch (KernelException e)
            {
                indexes.Remove(name);
                index = 0;
                refusals.Add(new(change, e.Operation, e.Errno, $"{name}: {e.Message}"));
                return false;
            }
        }
        index = known;
        if (index == 0 && kind != RowChangeKind.Remove)
        {
            refusals.Add(new(change, "RTM_GETLINK", Errno.NoDevice, $"link {name} does not exist"));
        }
        return index != 0;
    }

    private void Write(ref NetlinkWriter writer, Step step)
    {
        var address = step.Row.Key.Address;
        switch (step.Kind)
        {
            case StepKind.NewAddress:
                AddressCodec.WriteNew(ref writer, step.Link, address);
                break;
            case StepKind.DeleteAddress:
                var length = _prefixLengths.GetValueOrDefault(step.Row.Key, (byte)address.BitCount);
                AddressCodec.WriteDelete(ref writer, step.Link, new(address, length));
                break;
            case StepKind.NewRoute:
                RouteCodec.WriteNewLocal(ref writer, step.Link, address);
                break;
            case StepKind.DeleteRoute:
                RouteCodec.WriteDeleteLocal(ref writer, step.Link, address);
                break;
        }
    }

    private static bool IsDone(StepKind kind, int errno) => kind switch
    {
        StepKind.NewAddress or StepKind.NewRoute => errno == Errno.Exists,
        _ => errno is Errno.AddressNotAvailable or Errno.NoDevice or Errno.NoProcess or Errno.NoEntry,
    };

    private static string Spell(StepKind kind) => kind switch
    {
        StepKind.NewAddress => "RTM_NEWADDR",
        StepKind.DeleteAddress => "RTM_DELADDR",
        StepKind.NewRoute => "RTM_NEWROUTE",
        _ => "RTM_DELROUTE",
    };

    private enum StepKind
    {
        NewAddress,
        DeleteAddress,
        NewRoute,
        DeleteRoute,
    }

    private readonly record struct Step(int Index, int Link, LinkAddress Row, StepKind Kind);
}
