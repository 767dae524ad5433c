using NetAgent.Contracts;
using NetAgent.Plugins.Shared.Configuration;

namespace NetAgent.Plugins.Ipvs.Configuration;

/// <summary>
/// Fields that the agent has no use for: checked as kube-proxy checks them, and named, as information, where they say something.
/// </summary>
internal static class UnusedFields
{
    public static readonly TimeSpan IptablesSyncPeriod = TimeSpan.FromSeconds(30), IptablesMinSyncPeriod = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Fields of releases that kubespray and old ConfigMaps still write; kube-proxy drops them without a word in the file's own version.
    /// </summary>
    private static readonly string[] Retired = ["udpIdleTimeout", "resourceContainer", "enableContentionProfiling"];

    public static void Read(ConfigSection root)
    {
        ReadAgentOwn(root);
        ReadOtherModes(root);
        ReadLogging(root);
        // It says nothing about the node's Services; its inside is not ours to judge.
        SayIfMentioned(root, "winkernel", "this is Linux");
        SayIfMentioned(root, "windowsRunAsService", "this is Linux");
        foreach (var key in Retired)
        {
            SayIfMentioned(root, key, "no release of kube-proxy in support has it");
        }
    }

    /// <summary>Fields of the iptables section that kube-proxy reads in iptables mode only; its mark is IPVS mode's too.</summary>
    public static void ReadIptables(ConfigSection iptables, TimeSpan period, TimeSpan minimum)
    {
        iptables.Boolean("localhostNodePorts");
        iptables.Boolean("snatNodeInternalIP");
        if (period != IptablesSyncPeriod)
        {
            SayIfMentioned(iptables, "syncPeriod", "in IPVS mode ipvs.syncPeriod counts");
        }
        if (minimum != IptablesMinSyncPeriod)
        {
            SayIfMentioned(iptables, "minSyncPeriod", "in IPVS mode ipvs.minSyncPeriod counts");
        }
        SayIfMentioned(iptables, "localhostNodePorts", "localhost never serves node ports in IPVS mode");
        SayIfMentioned(iptables, "snatNodeInternalIP", "IPVS mode does not read it");
    }

    /// <summary>Fields whose meaning the agent's own configuration carries.</summary>
    private static void ReadAgentOwn(ConfigSection root)
    {
        root.Text("hostnameOverride");
        SayIfMentioned(root, "hostnameOverride", "the agent's --node-name says which node it is");
        if (FieldRules.Endpoint(root, "healthzBindAddress") is not (null or "0.0.0.0:10256"))
        {
            SayIfMentioned(root, "healthzBindAddress", "the agent's own healthzBindAddress counts");
        }
        if (FieldRules.Endpoint(root, "metricsBindAddress") is not (null or "127.0.0.1:10249"))
        {
            SayIfMentioned(root, "metricsBindAddress", "the agent's own metricsBindAddress counts");
        }
        root.Boolean("bindAddressHardFail");
        SayIfMentioned(root, "bindAddressHardFail", "the agent tries again until it can bind");
        root.Boolean("enableProfiling");
        SayIfMentioned(root, "enableProfiling", "the agent has no such endpoints");
        FieldRules.MinorVersion(root, "showHiddenMetricsForVersion");
        SayIfMentioned(root, "showHiddenMetricsForVersion", "the agent hides no metrics");
        if (root.Integer("oomScoreAdj", -1000, 1000) is not (null or -999))
        {
            SayIfMentioned(root, "oomScoreAdj", "the pod's priority says it");
        }
        var resync = TimeSpan.FromMinutes(15);
        if (FieldRules.Period(root, "configSyncPeriod", resync) != resync)
        {
            SayIfMentioned(root, "configSyncPeriod", "the agent follows its watches and needs no resync");
        }
        ReadClientConnection(root.Section("clientConnection"));
        var gates = root.Section("featureGates");
        foreach (var gate in gates.All())
        {
            if (gates.Boolean(gate.Key) is not null)
            {
                gates.Inform(gate.Key, "is not used: the agent has no feature gates; what they switch on by default is on");
            }
        }
    }

    private static void ReadLogging(ConfigSection root)
    {
        var logging = root.Section("logging");
        logging.OneOf("format", "text", "json", "");
        logging.Integer("verbosity", 0, int.MaxValue);
        // A number of nanoseconds or a duration, a list, and what each format takes: none of it has a meaning here.
        logging.Leave("flushFrequency", "vmodule", "options");
        logging.Finish();
        SayIfMentioned(root, "logging", "the agent's own logging counts");
    }

    private static void ReadClientConnection(ConfigSection client)
    {
        client.Text("kubeconfig");
        SayIfMentioned(client, "kubeconfig", "the agent's --kubeconfig or its service account counts");
        client.Text("acceptContentTypes");
        client.Text("contentType");
        client.Number("qps", -1, int.MaxValue);
        client.Integer("burst", 0, int.MaxValue);
        foreach (var key in new[] { "acceptContentTypes", "contentType", "qps", "burst" })
        {
            SayIfMentioned(client, key, "the agent has a client of its own");
        }
        client.Finish();
    }

    private static void ReadOtherModes(ConfigSection root)
    {
        var nftables = root.Section("nftables");
        // kube-proxy checks these in nftables mode only, so here their types are enough.
        nftables.Integer("masqueradeBit", int.MinValue, int.MaxValue);
        nftables.Boolean("masqueradeAll");
        nftables.Duration("syncPeriod", TimeSpan.MinValue);
        nftables.Duration("minSyncPeriod", TimeSpan.MinValue);
        nftables.Finish();
        SayIfMentioned(root, "nftables", "this plugin programs IPVS");
        FieldRules.PortRange(root, "portRange");
        SayIfMentioned(root, "portRange", "no version of kube-proxy in support uses it either");
    }

    private static void SayIfMentioned(ConfigSection section, string key, string reason)
    {
        if (section.Find(key) is { } value && SaysSomething(value))
        {
            section.Inform(key, $"is not used: {reason}");
        }
    }

    // Installers write fields that nobody set, empty, zero or false.
    private static bool SaysSomething(ConfigNode value) => value.Kind switch
    {
        ConfigNodeKind.Scalar => value.Text is not ("" or "0" or "0s" or "false" or "False"),
        ConfigNodeKind.Sequence => value.Items.Any(SaysSomething),
        ConfigNodeKind.Mapping => value.Entries.Any(entry => SaysSomething(entry.Value)),
        _ => false,
    };
}
