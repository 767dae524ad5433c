using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;

namespace NetAgent.Dataplane.Tables;

/// <summary>Everything below the reconciler: the tables, what can be observed, and what the kernel tells by itself.</summary>
internal abstract class Kernel : IDisposable
{
    public abstract KernelCapabilities Capabilities { get; }

    public abstract KernelTables Tables { get; }

    public abstract INodeObserver Observer { get; }

    public abstract IKernelCounters Counters { get; }

    /// <summary>Runs the few tools that have no other interface.</summary>
    public abstract IToolRunner Tools { get; }

    /// <summary>Called before tables are read.</summary>
    public abstract void SetReadScope(ReadScope scope);

    /// <summary>Called before sysctls are read outside a sync's own reading.</summary>
    public abstract void SetSysctlScope(IReadOnlyCollection<string> paths);

    /// <summary>
    /// Whether claimed links or addresses on them, as the kernel told since the last call, are not as believed. Cheap: reads nothing.
    /// </summary>
    public abstract bool OwnLinksDiffer(Func<string, bool> hasLink, Func<LinkAddressKey, bool> hasAddress);

    /// <summary>What the node has of IPv6. Cheap enough to be asked every few seconds.</summary>
    /// <exception cref="KernelException">It cannot be told.</exception>
    public abstract IPv6Facts ReadIPv6();

    /// <summary>ifindex of an interface; 0 where there is none.</summary>
    public virtual int IndexOfLink(string name) => 0;

    /// <summary>Name of an interface; null where there is none.</summary>
    public virtual string? NameOfLink(int index) => null;

    /// <summary>The way of a packet, and the source that MASQUERADE gives it; null where nothing can be asked.</summary>
    public virtual RouteFacts? FindRoute(InetAddress from, InetAddress to) => null;

    /// <summary>May be raised from any thread.</summary>
    public event Action<KernelEvent>? Changed;

    protected void RaiseChanged(KernelEvent what) => Changed?.Invoke(what);

    public abstract void Dispose();
}

/// <summary>Reads the node's facts.</summary>
internal interface INodeObserver
{
    /// <summary>See <see cref="IDataplane.Observe"/>.</summary>
    NodeFacts Observe(Observations wanted, bool verify);
}
