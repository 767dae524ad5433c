namespace NetAgent.Plugins.Ipvs.Configuration;

/// <summary>Fields that the agent has no use for: checked as kube-proxy checks them, and named where they say something.</summary>
internal static class UnusedFields
{
    public static void Read(Section root)
    {
        ReadAgentOwn(root);
        ReadOtherModes(root);
        ReadLogging(root);
        // It says nothing about the node's Services; its inside is not ours to judge.
        SayIfMentioned(root, "winkernel", "this is Linux");
    }

    /// <summary>Fields of the iptables section that kube-proxy reads in iptables mode only; its mark is IPVS mode's too.</summary>
    public static void ReadIptables(Section iptables, TimeSpan period, TimeSpan minimum)
    {
        if (period != TimeSpan.FromSeconds(30))
        {
            SayIfMentioned(iptables, "syncPeriod", "in IPVS mode ipvs.syncPeriod counts");
        }
        if (minimum != TimeSpan.FromSeconds(1))
        {
            SayIfMentioned(iptables, "minSyncPeriod", "in IPVS mode ipvs.minSyncPeriod counts");
        }
        SayIfMentioned(iptables, "localhostNodePorts", "localhost never serves node ports in IPVS mode");
        SayIfMentioned(iptables, "snatNodeInternalIP", "IPVS mode does not read it");
    }

    /// <summary>Fields whose meaning the agent's own configuration carries.</summary>
    private static void ReadAgentOwn(Section root)
    {
        if (root.Text("hostnameOverride") is { Value.Length: > 0 } host)
        {
            Say(root, host.Path, host.Line, $"\"{host.Value}\" is not used: the agent's --node-name says which node it is");
        }
        FieldRules.Endpoint(root, "healthzBindAddress");
        FieldRules.Endpoint(root, "metricsBindAddress");
        SayIfText(root, "healthzBindAddress", "the agent's own healthzBindAddress counts");
        SayIfText(root, "metricsBindAddress", "the agent's own metricsBindAddress counts");
        SayIfSet(root, root.Flag("bindAddressHardFail"), "the agent tries again until it can bind");
        SayIfSet(root, root.Flag("enableProfiling"), "the agent has no such endpoints");
        FieldRules.MinorVersion(root, "showHiddenMetricsForVersion");
        SayIfText(root, "showHiddenMetricsForVersion", "the agent hides no metrics");
        if (root.Number("oomScoreAdj", -1000, 1000) is { } score && score.Value is not (0 or -999))
        {
            Say(root, score.Path, score.Line, "is not used: set it through the pod's priority");
        }
        var resync = TimeSpan.FromMinutes(15);
        if (FieldRules.Period(root, "configSyncPeriod", resync) != resync)
        {
            SayIfMentioned(root, "configSyncPeriod", "the agent follows its watches and needs no resync");
        }
        ReadClientConnection(root);
        ReadFeatureGates(root);
    }

    private static void ReadLogging(Section root)
    {
        if (root.Mapping("logging") is not { } logging)
        {
            return;
        }
        if (logging.Text("format") is { Value: not ("" or "text" or "json") } format)
        {
            root.Problems.Error(format.Path, format.Line, $"is \"{format.Value}\"; it must be text or json");
        }
        logging.Number("verbosity", 0, int.MaxValue);
        // A number of nanoseconds or a duration, a list, and what each format takes: none of it has a meaning here.
        logging.Leave("flushFrequency", "vmodule", "options");
        logging.ReportUnknownKeys();
        SayIfMentioned(root, "logging", "the agent's own logging counts");
    }

    private static void ReadClientConnection(Section root)
    {
        if (root.Mapping("clientConnection") is not { } client)
        {
            return;
        }
        SayIfText(client, "kubeconfig", "the agent's --kubeconfig or its service account counts");
        client.Text("acceptContentTypes");
        client.Text("contentType");
        client.Number("qps", -1, float.MaxValue, whole: false);
        client.Number("burst", 0, int.MaxValue);
        foreach (var key in new[] { "acceptContentTypes", "contentType", "qps", "burst" })
        {
            SayIfMentioned(client, key, "the agent has a client of its own");
        }
        client.ReportUnknownKeys();
    }

    private static void ReadFeatureGates(Section root)
    {
        if (root.Mapping("featureGates") is { } gates)
        {
            foreach (var gate in gates.Keys)
            {
                if (gates.Flag(gate) is { } field)
                {
                    Say(root, field.Path, field.Line, "is not used: the agent has no feature gates; what they switch on by default is on");
                }
            }
        }
    }

    private static void ReadOtherModes(Section root)
    {
        if (root.Mapping("nftables") is { } nftables)
        {
            // kube-proxy checks these in nftables mode only, so here their types are enough.
            nftables.Number("masqueradeBit", int.MinValue, int.MaxValue);
            nftables.Flag("masqueradeAll");
            nftables.Duration("syncPeriod");
            nftables.Duration("minSyncPeriod");
            nftables.ReportUnknownKeys();
            SayIfMentioned(root, "nftables", "this plugin programs IPVS");
        }
        FieldRules.PortRange(root, "portRange");
        SayIfText(root, "portRange", "no version of kube-proxy in support uses it either");
        SayIfSet(root, root.Flag("windowsRunAsService"), "this is Linux");
    }

    private static void SayIfText(Section section, string key, string reason)
    {
        if (section.Text(key) is { Value.Length: > 0 } field)
        {
            Say(section, field.Path, field.Line, $"is not used: {reason}");
        }
    }

    private static void SayIfMentioned(Section section, string key, string reason)
    {
        if (section.Mention(key) is { } line)
        {
            Say(section, section.PathOf(key), line, $"is not used: {reason}");
        }
    }

    private static void SayIfSet(Section section, Field<bool>? field, string reason)
    {
        if (field is { Value: true } set)
        {
            Say(section, set.Path, set.Line, $"is not used: {reason}");
        }
    }

    private static void Say(Section section, string path, int line, string message) => section.Problems.Unused(path, line, message);
}
