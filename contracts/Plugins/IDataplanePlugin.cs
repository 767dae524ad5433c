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
public sealed record ReconcileInput
{
    /// <summary>The cluster's wish.</summary>
    public required ClusterState Cluster { get; init; }

    /// <summary>What the host sees of the node.</summary>
    public required NodeFacts Facts { get; init; }

    /// <summary>What changed since the last call.</summary>
    public required ClusterChange Changed { get; init; }

    /// <summary>This node's name.</summary>
    public required string NodeName { get; init; }

    /// <summary>The time of this call: the only clock of a plugin.</summary>
    public required DateTimeOffset Now { get; init; }
}

/// <summary>Answers questions about the slice; a plugin may implement it besides <see cref="IDataplanePlugin"/>.</summary>
public interface IExplainingPlugin
{
    /// <summary>The topic of <c>netagent explain TOPIC</c> that this plugin answers, such as <c>masquerade</c>.</summary>
    string Topic { get; }

    /// <summary>Explains what happens to a packet.</summary>
    /// <param name="packet">The packet asked about.</param>
    /// <param name="input">As in <see cref="IDataplanePlugin.Reconcile"/>.</param>
    Explanation Explain(Packet packet, ReconcileInput input);
}

/// <summary>A packet that somebody asks about: the first of a connection.</summary>
public sealed record Packet
{
    /// <summary>Its source.</summary>
    public required InetAddress Source { get; init; }

    /// <summary>Its destination, of the same family.</summary>
    public required InetAddress Destination { get; init; }

    /// <summary>Its protocol; <see cref="IpProtocol.None"/> when the question names none.</summary>
    public IpProtocol Protocol { get; init; }

    /// <summary>1 to 65535, or 0 when the question names none.</summary>
    public ushort SourcePort { get; init; }

    /// <summary>1 to 65535, or 0 when the question names none.</summary>
    public ushort DestinationPort { get; init; }
}

/// <summary>Why a packet is treated as it is.</summary>
/// <param name="Verdict">One line: what happens.</param>
public sealed record Explanation(string Verdict)
{
    /// <summary>The rule that decides, as iptables-save prints it; null when none does.</summary>
    public string? Rule { get; init; }

    /// <summary>Further lines, in order.</summary>
    public EquatableArray<string> Details { get; init; }
}
