namespace NetAgent.Contracts;

/// <summary>
/// A plugin. It says which kernel state it wants; the host makes it so. It opens nothing, starts nothing and keeps no thread: everything
/// it may know comes in as arguments. The class needs a public constructor without parameters. The host calls one method at a time.
/// </summary>
public interface IDataplanePlugin
{
    /// <summary>
    /// Takes a configuration; called before the first <see cref="Reconcile"/> and again whenever the configuration changes. When any
    /// problem is an error the plugin keeps the configuration it had; with none before, it uses its defaults if it has safe ones
    /// (<see cref="ConfigurationResult.UsesDefaults"/>), else the host does not start it.
    /// </summary>
    ConfigurationResult Configure(PluginConfiguration configuration);

    /// <summary>
    /// Brings the slice up to date with the cluster. Pure: same inputs, same rows. On <see cref="ClusterChange.Everything"/> every scope
    /// must be written anew and scopes no longer wanted removed.
    /// </summary>
    /// <exception cref="OperationCanceledException">The host gave up waiting.</exception>
    void Reconcile(ReconcileInput input, ISlice slice, CancellationToken cancellationToken);
}

/// <summary>What a plugin may look at.</summary>
/// <param name="Cluster">The cluster's wish.</param>
/// <param name="Facts">What the host sees of the node.</param>
/// <param name="Changed">What changed since the last call.</param>
/// <param name="NodeName">This node's name.</param>
/// <param name="Now">The time of this call.</param>
public sealed record ReconcileInput(ClusterState Cluster, NodeFacts Facts, ClusterChange Changed, string NodeName, DateTimeOffset Now);

/// <summary>Answers questions about the slice; a plugin may implement it besides <see cref="IDataplanePlugin"/>.</summary>
public interface IExplainingPlugin
{
    /// <summary>The topic of <c>netagent explain TOPIC</c> that this plugin answers, such as <c>masquerade</c>.</summary>
    string Topic { get; }

    /// <summary>Explains what happens to a packet.</summary>
    /// <param name="from">Its source.</param>
    /// <param name="to">Its destination.</param>
    /// <param name="input">As in <see cref="IDataplanePlugin.Reconcile"/>.</param>
    Explanation Explain(InetAddress from, InetAddress to, ReconcileInput input);
}

/// <summary>Why a packet is treated as it is.</summary>
/// <param name="Verdict">One line: what happens.</param>
/// <param name="Rule">The rule that decides, as iptables-save prints it; null when none does.</param>
/// <param name="Details">Further lines, in order.</param>
public sealed record Explanation(string Verdict, string? Rule, EquatableArray<string> Details);
