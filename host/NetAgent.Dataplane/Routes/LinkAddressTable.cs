using System.Runtime.InteropServices;
using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;
using NetAgent.Dataplane.Reconcile;

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

    public void Apply(IReadOnlyList<RowChange<LinkAddress>> changes, ICollection<RowRefusal> refusals)
    {
        var steps = new List<Step>(changes.Count);
        var then = new List<Step>();
        var indexes = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < changes.Count; i++)
        {
            var (kind, row, _) = changes[i];
            if (!TryFindLink(row.Key.Link, indexes, i, kind, refusals, out var link))
            {
                continue;
            }
            if (kind == RowChangeKind.Remove)
            {
                steps.Add(new(i, link, row, row.Binding == AddressBinding.Address ? StepKind.DeleteAddress : StepKind.DeleteRoute));
                if (_boundTwice.Contains(row.Key))
                {
                    steps.Add(new(i, link, row, StepKind.DeleteRoute));
                }
                continue;
            }
            steps.Add(new(i, link, row, row.Binding == AddressBinding.Address ? StepKind.NewAddress : StepKind.NewRoute));
            if (kind == RowChangeKind.Replace)
            {
                // The new binding first: packets in between find the address local.
                then.Add(new(i, link, row, row.Binding == AddressBinding.Address ? StepKind.DeleteRoute : StepKind.DeleteAddress));
            }
        }
        var refused = new HashSet<int>();
        Send(steps, refusals, refused, mayRaise: true);
        then.RemoveAll(step => refused.Contains(step.Index));
        Send(then, refusals, refused, mayRaise: false);
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
