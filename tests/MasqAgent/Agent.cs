using NetAgent.Contracts;
using NetAgent.Plugins.MasqAgent;
using NetAgent.TestKit;

namespace NetAgent.MasqAgent.Tests;

/// <summary>The plugin with a slice and a node around it, as the host runs it.</summary>
internal sealed class Agent
{
    public MasqAgentPlugin Plugin { get; } = new();

    public InMemorySlice Slice { get; } = new();

    public NodeFacts Facts { get; set; } = new();

    public ClusterState Cluster { get; set; } = ClusterState.Empty;

    public ConfigurationResult Result { get; private set; } = new();

    public ReconcileInput Input => new()
    {
        Cluster = Cluster,
        Facts = Facts,
        Changed = ClusterChange.All,
        NodeName = "node-1",
        Now = DateTimeOffset.UnixEpoch,
    };

    public static Agent With(string? file, params string[] arguments)
    {
        var agent = new Agent();
        agent.Configure(file is null ? Documents.Missing() : Documents.File(file), arguments);
        return agent;
    }

    public static Agent WithFiles(params ConfigurationFile[] files)
    {
        var agent = new Agent();
        agent.Configure(new PluginConfiguration { Files = files });
        return agent;
    }

    public void Configure(ConfigurationFile file, params string[] arguments) =>
        Configure(new PluginConfiguration { Files = [file], Arguments = arguments.ToEquatableArray() });

    public void Configure(PluginConfiguration configuration)
    {
        Result = Plugin.Configure(configuration);
        if (Result.IsAccepted || (Slice.Claims == PluginClaims.None && Result.UsesDefaults))
        {
            Slice.Claims = Result.Claims;
        }
        Reconcile();
    }

    public void Reconcile() => Plugin.Reconcile(Input, Slice, CancellationToken.None);

    public void SetPodCidrs(params string[] cidrs)
    {
        Cluster = ClusterState.Empty with
        {
            Node = new Node
            {
                Name = "node-1",
                Addresses = [InetAddress.Parse("192.0.2.11"), InetAddress.Parse("fd00:192:2::11")],
                PodCIDRs = cidrs.Select(c => InetPrefix.Parse(c)).ToEquatableArray(),
            },
        };
        Reconcile();
    }

    public void SetNat(IpFamily family, string dump)
    {
        Facts = Facts with
        {
            IptablesTables =
            [
                .. Facts.IptablesTables.AsEnumerable().Where(t => t.Family != family),
                new IptablesTableFacts(family, "nat", dump.Split('\n').Select(l => l.Trim()).Where(l => l.StartsWith("-A", StringComparison.Ordinal)).ToEquatableArray()),
            ],
        };
        Reconcile();
    }

    /// <summary>The nat table of the iptables back end that the host does not write to.</summary>
    public void SetOtherNat(IpFamily family, string backend, string dump)
    {
        Facts = Facts with
        {
            IptablesTables =
            [
                .. Facts.IptablesTables.AsEnumerable().Where(t => t.Family != family || !t.IsOtherBackend),
                new IptablesTableFacts(family, "nat", dump.Split('\n').Select(l => l.Trim()).Where(l => l.StartsWith("-A", StringComparison.Ordinal)).ToEquatableArray())
                {
                    Backend = backend,
                    IsOtherBackend = true,
                },
            ],
        };
        Reconcile();
    }

    public IReadOnlyList<string> Rules(IpFamily family) =>
        [.. Slice.Chains.Rows.Where(c => c.Key.Family == family).SelectMany(c => c.Rules.AsEnumerable())];

    /// <summary>The nat table as iptables-save would print it on a node with nothing else in it.</summary>
    public string Save(IpFamily family)
    {
        var chains = Slice.Chains.Rows.Where(c => c.Key.Family == family).ToArray();
        IEnumerable<string> lines =
        [
            "*nat", ":PREROUTING ACCEPT", ":INPUT ACCEPT", ":OUTPUT ACCEPT", ":POSTROUTING ACCEPT",
            .. chains.Select(c => $":{c.Key.Name} -"),
            .. Slice.Jumps.Rows.Where(j => j.Key.Family == family).Select(j => $"-A {j.Key.Parent} {j.Key.Rule}"),
            .. chains.SelectMany(c => c.Rules.AsEnumerable().Select(r => $"-A {c.Key.Name} {r}")),
            "COMMIT",
        ];
        return string.Join('\n', lines) + "\n";
    }
}
