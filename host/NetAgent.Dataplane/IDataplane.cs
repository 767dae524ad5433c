using System.Threading.Channels;
using NetAgent.Contracts;

namespace NetAgent.Dataplane;

/// <summary>
/// The one writer of kernel state. Plugins fill slices; <see cref="Sync"/> makes the kernel agree. All members but
/// <see cref="Events"/> are called from one loop.
/// </summary>
public interface IDataplane : IDisposable
{
    /// <summary>What this kernel can do, probed once at start.</summary>
    KernelCapabilities Capabilities { get; }

    /// <summary>Opens (or, for a plugin that has one, re-claims) a slice. Rows already in it stay.</summary>
    /// <exception cref="ClaimConflictException">Another plugin claims some of it.</exception>
    ISlice OpenSlice(string plugin, PluginClaims claims);

    /// <summary>
    /// Says that the plugin has written everything it wants (its first <c>Reconcile</c> on complete input returned). Only from then on
    /// is state within its claims that it does not want removed: a plugin that never got there takes nothing down.
    /// </summary>
    /// <exception cref="ArgumentException">The plugin has no open slice.</exception>
    void MarkComplete(string plugin);

    /// <summary>
    /// Says what the caller could not read, so that the next syncs remove nothing that it may own; <see cref="Withholding.Nothing"/> lets
    /// go. Every call makes the next sync read the kernel.
    /// </summary>
    void Withhold(Withholding withholding);

    /// <summary>
    /// Ends a slice: with <paramref name="retain"/> its kernel state stays and is forgotten, else the next sync removes it.
    /// </summary>
    void CloseSlice(string plugin, bool retain);

    /// <summary>Marks a plugin as observing: its rows are planned and reported but not written.</summary>
    void SetObserveOnly(string plugin, bool observeOnly);

    /// <summary>
    /// Reads what plugins asked to see. Parts that cannot be read keep their last good value. What takes a tool or a probe (rules of
    /// iptables, schedulers) is read once, and again with <paramref name="verify"/>, of which the caller makes few.
    /// </summary>
    NodeFacts Observe(Observations wanted, bool verify = false);

    /// <summary>How the kernel routes a packet; null where it cannot be asked. Writes nothing.</summary>
    RouteFacts? FindRoute(InetAddress from, InetAddress to) => null;

    /// <summary>What a sync would do, without doing it. Reads the kernel.</summary>
    DataplanePlan Plan();

    /// <summary>
    /// Applies what changed since the last sync. The first call, and every call with <paramref name="verify"/>, reads the kernel first
    /// and finds drift. Never throws for a refused row.
    /// </summary>
    SyncReport Sync(bool verify, CancellationToken cancellationToken);

    /// <summary>
    /// Whether somebody plainly changed what is ours since the last sync (flushed a set, took virtual servers away): then the next
    /// <see cref="Sync"/> reads what is concerned. Costs a few system calls, whatever the cluster's size.
    /// </summary>
    bool ProbeDrift();

    /// <summary>
    /// After how many glances every virtual server's real servers have been compared. A verification does not read them again then.
    /// </summary>
    int ProbesPerRound { get; }

    /// <summary>Drift that the kernel itself reports, and times at which a sync is due (a drain to look at, a retry).</summary>
    ChannelReader<KernelEvent> Events { get; }

    /// <summary>The health-check node ports to serve now. Replaced as a whole; may be read from any thread.</summary>
    IReadOnlyCollection<HealthCheckPort> HealthCheckPorts { get; }

    /// <summary>Raised by <see cref="Sync"/>, on its thread, after <see cref="HealthCheckPorts"/> changed.</summary>
    event EventHandler? HealthCheckPortsChanged;

    /// <summary>The state to show to people and to metrics.</summary>
    DataplaneStatus Status { get; }

    /// <summary>Removes what the state file says the agent owns, without any plugin, and puts sysctls back.</summary>
    SyncReport Cleanup(CleanupOptions options, CancellationToken cancellationToken);
}

/// <summary>What to clean.</summary>
/// <param name="KubeProxy">Also what kube-proxy left in iptables, nftables and IPVS mode.</param>
/// <param name="Plugin">Only this plugin's state; null for all.</param>
public sealed record CleanupOptions(bool KubeProxy = false, string? Plugin = null);

/// <summary>Two plugins claim the same kernel state.</summary>
/// <param name="message">Names both plugins and the claim.</param>
public sealed class ClaimConflictException(string message) : InvalidOperationException(message);

/// <summary>What this kernel can do.</summary>
/// <param name="Ipvs">IPVS answers on generic netlink.</param>
/// <param name="IpSet">ipset answers on nfnetlink.</param>
/// <param name="Iptables4">iptables-restore works; the path of the variant in use, else null.</param>
/// <param name="Iptables6">ip6tables-restore works; the path of the variant in use, else null.</param>
/// <param name="Problems">What is missing, each with the module and the fix, for people.</param>
public sealed record KernelCapabilities(bool Ipvs, bool IpSet, string? Iptables4, string? Iptables6, EquatableArray<string> Problems)
{
    /// <summary>The one of the problems that concerns IPVS, which only some plugins need; null where there is none.</summary>
    public string? IpvsProblem { get; init; }
}

/// <summary>Something to wake up for.</summary>
public enum KernelEvent
{
    /// <summary>A link or an address changed.</summary>
    LinksChanged,

    /// <summary>Kernel state that we own was changed by somebody else.</summary>
    Drift,

    /// <summary>A retry or a drain is due.</summary>
    Due,
}

/// <summary>A row that is wanted and not in the kernel.</summary>
/// <param name="Plugin">Whose row.</param>
/// <param name="Table">Kind of kernel object.</param>
/// <param name="Key">The kernel object.</param>
/// <param name="Operation">The kernel operation that failed, or <c>conflict</c> or <c>waiting</c>, for people.</param>
/// <param name="Errno">errno, or 0.</param>
/// <param name="Reason">Why, in words.</param>
/// <param name="Attempts">How often it was tried.</param>
public sealed record FailedRow(string Plugin, string Table, string Key, string Operation, int Errno, string Reason, int Attempts)
{
    /// <summary>The key where the kernel took none of a kind's changes.</summary>
    public const string WholeTable = "*";

    /// <summary>Why it is not there, for programs.</summary>
    public FailureKind Kind { get; init; }

    /// <summary>Stands for all changes of the kind.</summary>
    public bool IsWholeTable => Key == WholeTable;

    /// <summary>How many rows it stands for.</summary>
    public int Rows { get; init; } = 1;

    /// <summary>What other rows fail of too; null where it is the row's own.</summary>
    public FailureCause? Cause { get; init; }

    /// <summary>An older claim has the key: decided, and nothing to try again.</summary>
    public bool IsConflict => Kind == FailureKind.Conflict;
}

/// <summary>What a sync did.</summary>
/// <param name="Added">Rows added.</param>
/// <param name="Replaced">Rows changed.</param>
/// <param name="Removed">Rows removed.</param>
/// <param name="Drifted">Rows that somebody else had changed, and that were put right.</param>
/// <param name="Failed">Rows that were refused, now or before, and are still wanted.</param>
/// <param name="Draining">Real servers at weight 0 that wait for their connections to end.</param>
/// <param name="ReadFailures">Kernel reads that failed; their tables were left as they are.</param>
/// <param name="Duration">How long it took.</param>
public sealed record SyncReport(
    int Added,
    int Replaced,
    int Removed,
    int Drifted,
    IReadOnlyList<FailedRow> Failed,
    int Draining,
    IReadOnlyList<ReadFailure> ReadFailures,
    TimeSpan Duration)
{
    /// <summary>Everything wanted is in the kernel.</summary>
    public bool IsComplete => Failed.All(row => row.IsConflict) && ReadFailures.Count == 0;

    /// <summary>Number of rows written.</summary>
    public int Changes => Added + Replaced + Removed;

    /// <summary>The first hundred of the drifted rows, each as <c>table: key</c>.</summary>
    public IReadOnlyList<string> DriftedRows { get; init; } = [];

    /// <summary>Some sysctl has another value than before: what was observed of them is out of date.</summary>
    public bool WroteSysctls { get; init; }
}

/// <summary>A kind of kernel object that could not be read; what was known of it stays.</summary>
/// <param name="Table">Kind of kernel object.</param>
/// <param name="Problem">The operation that failed and why.</param>
public sealed record ReadFailure(string Table, string Problem)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Table}: {Problem}";
}

/// <summary>One kind of kernel object in numbers.</summary>
/// <param name="Table">Kind of kernel object.</param>
/// <param name="Desired">Rows wanted.</param>
/// <param name="Actual">Rows in the kernel that are ours.</param>
/// <param name="Foreign">Objects there that are nobody's here, as of the last full read.</param>
/// <param name="Failed">Rows refused.</param>
/// <param name="DriftRepairs">Rows put right since start.</param>
public sealed record TableStatus(string Table, int Desired, int Actual, int Foreign, int Failed, long DriftRepairs)
{
    /// <summary>Rows that plugins want and that cannot work on this node now, its IPv6 being off; not among the desired ones.</summary>
    public int SwitchedOff { get; init; }
}

/// <summary>The dataplane in numbers.</summary>
/// <param name="Tables">Per kind of kernel object, in order of apply.</param>
/// <param name="Failed">Rows wanted and not in the kernel.</param>
/// <param name="Notices">What plugins' scopes say, with the plugin's name.</param>
/// <param name="Gauges">Gauges of plugins' scopes, with the plugin's name.</param>
/// <param name="Draining">Real servers that drain.</param>
/// <param name="LastSync">When the last sync ended; null before the first.</param>
/// <param name="LastVerify">When the kernel was last read in full.</param>
public sealed record DataplaneStatus(
    IReadOnlyList<TableStatus> Tables,
    IReadOnlyList<FailedRow> Failed,
    IReadOnlyList<(string Plugin, Notice Notice)> Notices,
    IReadOnlyList<(string Plugin, Gauge Gauge)> Gauges,
    int Draining,
    DateTimeOffset? LastSync,
    DateTimeOffset? LastVerify)
{
    /// <summary>Rows that nobody wants and that stay, because what could not be read may own them.</summary>
    public WithheldRows Withheld { get; init; } = WithheldRows.None;
}

/// <summary>How the dataplane behaves.</summary>
public sealed record DataplaneOptions
{
    /// <summary>Where ownership, previous sysctl values and the boot id are kept between runs; written atomically.</summary>
    public string StateDirectory { get; init; } = "/var/lib/netagent";

    /// <summary>How long a draining real server may keep its connections before it is removed. Zero for no limit (kube-proxy).</summary>
    public TimeSpan DrainLimit { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>
    /// Where folders of the host are mounted that this process writes: proc/sys/net, sys/module/NAME, etc/sysctl.d. A sysctl's that is not
    /// there is looked for in this process's own /proc and /sys.
    /// </summary>
    public string FileSystemRoot { get; init; } = "/";
}
