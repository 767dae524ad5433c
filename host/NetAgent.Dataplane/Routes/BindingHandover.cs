using System.Diagnostics;
using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;

namespace NetAgent.Dataplane.Routes;

/// <summary>What it takes, beyond adding before deleting, for an address to stay local while its binding changes.</summary>
internal sealed class BindingHandover(NetlinkConnection connection)
{
    private const string Loopback = "lo";
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(2);

    private readonly record struct Binding(int Link, InetAddress Address);

    /// <summary>The kernel makes the local route of a new IPv6 address in a work queue, some time after it said yes.</summary>
    /// <exception cref="KernelException">It did not in time.</exception>
    public void AwaitKernelRoutes(HashSet<InetAddress> addresses)
    {
        addresses.RemoveWhere(address => address.Family != IpFamily.IPv6);
        var began = Stopwatch.GetTimestamp();
        while (addresses.Count > 0)
        {
            foreach (var route in connection.ReadLocalRoutes(IpFamily.IPv6, RtnetlinkFormat.ByKernel))
            {
                addresses.Remove(route.Destination.Address);
            }
            if (addresses.Count > 0)
            {
                if (Stopwatch.GetElapsedTime(began) > _patience)
                {
                    throw new KernelException("RTM_NEWADDR", Errno.TimedOut,
                        $"the kernel made no local route for {addresses.First()} within {_patience}");
                }
                Thread.Sleep(_pause);
            }
        }
    }

    /// <summary>
    /// Deletes IPv4 addresses. With the last one of a link the kernel disables IPv4 on it and flushes every route through it, ours
    /// too; so they are made again, while routes through the loopback keep the addresses local.
    /// </summary>
    /// <param name="links">Indexes of the links that lose addresses.</param>
    /// <param name="going">Routes that are deleted with them.</param>
    /// <param name="delete">Deletes; does not throw.</param>
    public void KeepRoutes(HashSet<int> links, HashSet<(int Link, InetAddress Address)> going, Action delete)
    {
        var kept = links.Count == 0
            ? []
            : connection.ReadLocalRoutes(IpFamily.IPv4)
                .Where(route => links.Contains(route.LinkIndex) && !going.Contains((route.LinkIndex, route.Destination.Address)))
                .Select(route => new Binding(route.LinkIndex, route.Destination.Address)).ToList();
        if (kept.Count == 0 || connection.FindLink(Loopback) is not { } loopback)
        {
            delete();
            return;
        }
        var shadows = kept.ConvertAll(binding => binding with { Link = loopback.Index });
        // One that is there already is somebody else's and stays.
        var foreign = connection.Send(shadows, WriteNew).Select(failure => shadows[failure.Index]).ToHashSet();
        shadows.RemoveAll(foreign.Contains);
        delete();
        var lost = connection.Send(kept, WriteNew).FirstOrDefault(failure => failure.Errno != Errno.Exists);
        _ = connection.Send(shadows, WriteDelete);
        if (lost is not null)
        {
            throw new KernelException("RTM_NEWROUTE", lost.Errno, $"{kept[lost.Index].Address}: {lost.Describe()}");
        }
    }

    private static void WriteNew(ref NetlinkWriter writer, Binding binding) =>
        RouteCodec.WriteNewLocal(ref writer, binding.Link, binding.Address);

    private static void WriteDelete(ref NetlinkWriter writer, Binding binding) =>
        RouteCodec.WriteDeleteLocal(ref writer, binding.Link, binding.Address);
}
