using NetAgent.Contracts;

namespace NetAgent.Plugins.Ipvs.Configuration;

/// <summary>Reads a KubeProxyConfiguration (kubeproxy.config.k8s.io/v1alpha1) as kube-proxy does, plus NetAgent's own <c>vipBinding</c>.</summary>
internal static class KubeProxyConfigurationReader
{
    private const string Kind = "KubeProxyConfiguration";
    private const string ApiVersion = "kubeproxy.config.k8s.io/v1alpha1";
    private static readonly string[] Modes = ["", "iptables", "ipvs", "nftables"];

    public static IpvsConfiguration Read(Section root, bool isDocument, IpvsConfiguration basis)
    {
        ReadHeader(root, isDocument);
        ReadMode(root);
        var result = ReadIpvs(root, ReadIptables(root, basis));
        result = result with
        {
            BindAddress = FieldRules.Address(root, "bindAddress", result.BindAddress),
            NodePortAddresses = ReadNodePortAddresses(root, result.NodePortAddresses),
            VipBinding = ReadVipBinding(root, result.VipBinding),
        };
        result = LocalDetection.Read(root, result);
        // Read by the plugin conntrack-tuner from the same file.
        root.Leave("conntrack");
        UnusedFields.Read(root);
        root.ReportUnknownKeys();
        return result;
    }

    private static void ReadHeader(Section root, bool isDocument)
    {
        foreach (var (key, wanted) in new[] { ("apiVersion", ApiVersion), ("kind", Kind) })
        {
            var field = root.Text(key);
            if (field is { } given ? given.Value != wanted : isDocument)
            {
                root.Problems.Error(key, root.LineOf(key), $"is {(field is { } wrong ? $"\"{wrong.Value}\"" : "missing")}; it must be {wanted}");
            }
        }
    }

    private static void ReadMode(Section root)
    {
        if (root.Text("mode") is not { } mode)
        {
            return;
        }
        if (!Modes.Contains(mode.Value))
        {
            root.Problems.Error(mode.Path, mode.Line, $"is \"{mode.Value}\"; it must be ipvs (kube-proxy also knows iptables and nftables)");
        }
        else if (mode.Value is not ("ipvs" or ""))
        {
            root.Problems.Warning(mode.Path, mode.Line, $"is \"{mode.Value}\", but this plugin programs IPVS; write ipvs, or use another proxy");
        }
    }

    private static IpvsConfiguration ReadIptables(Section root, IpvsConfiguration basis)
    {
        if (root.Mapping("iptables") is not { } iptables)
        {
            return basis;
        }
        var period = FieldRules.Period(iptables, "syncPeriod", TimeSpan.FromSeconds(30));
        var minimum = FieldRules.Wait(iptables, "minSyncPeriod", TimeSpan.FromSeconds(1));
        if (minimum != TimeSpan.FromSeconds(1))
        {
            // kube-proxy checks this pair in IPVS mode too.
            FieldRules.MinimumWithinPeriod(iptables, "minSyncPeriod", minimum, "syncPeriod", period);
        }
        iptables.Flag("localhostNodePorts");
        iptables.Flag("snatNodeInternalIP");
        UnusedFields.ReadIptables(iptables, period, minimum);
        var result = basis with
        {
            MasqueradeBit = (int?)iptables.Number("masqueradeBit", 0, 31)?.Value ?? basis.MasqueradeBit,
            MasqueradeAll = iptables.Flag("masqueradeAll")?.Value ?? basis.MasqueradeAll,
        };
        iptables.ReportUnknownKeys();
        return result;
    }

    private static IpvsConfiguration ReadIpvs(Section root, IpvsConfiguration basis)
    {
        if (root.Mapping("ipvs") is not { } ipvs)
        {
            return basis;
        }
        var result = basis with
        {
            SyncPeriod = FieldRules.Period(ipvs, "syncPeriod", basis.SyncPeriod),
            MinSyncPeriod = FieldRules.Wait(ipvs, "minSyncPeriod", basis.MinSyncPeriod),
            Scheduler = ipvs.Text("scheduler") is { Value.Length: > 0 } scheduler ? scheduler.Value : basis.Scheduler,
            ExcludeCIDRs = ReadExcludeCIDRs(ipvs, basis.ExcludeCIDRs),
            Timeouts = new IpvsTimeouts(
                ReadTimeout(ipvs, "tcpTimeout", basis.Timeouts.TcpSeconds),
                ReadTimeout(ipvs, "tcpFinTimeout", basis.Timeouts.TcpFinSeconds),
                ReadTimeout(ipvs, "udpTimeout", basis.Timeouts.UdpSeconds)),
        };
        FieldRules.MinimumWithinPeriod(ipvs, "minSyncPeriod", result.MinSyncPeriod, "syncPeriod", result.SyncPeriod);
        // Read by the plugin metallb-arp from the same file.
        ipvs.Leave("strictARP");
        ipvs.ReportUnknownKeys();
        return result;
    }

    private static uint ReadTimeout(Section ipvs, string key, uint byDefault)
    {
        var timeout = FieldRules.Wait(ipvs, key, TimeSpan.FromSeconds(byDefault));
        if (timeout > TimeSpan.Zero && timeout < TimeSpan.FromSeconds(1))
        {
            ipvs.Problems.Warning(ipvs.PathOf(key), ipvs.LineOf(key), $"is {FieldRules.Text(timeout)}; the kernel counts whole seconds, so it stays as it is");
        }
        return (uint)Math.Min(timeout.TotalSeconds, uint.MaxValue);
    }

    private static EquatableArray<InetPrefix> ReadExcludeCIDRs(Section ipvs, EquatableArray<InetPrefix> byDefault)
    {
        var fields = ipvs.Texts("excludeCIDRs");
        return fields.Count == 0 ? byDefault : fields
            .Select(field => FieldRules.Network(ipvs, field, "a network such as 192.0.2.0/24")).Where(network => !network.IsNone).ToEquatableArray();
    }

    private static NodePortAddresses ReadNodePortAddresses(Section root, NodePortAddresses byDefault)
    {
        var fields = root.Texts("nodePortAddresses");
        if (fields.Count == 0)
        {
            return byDefault;
        }
        var networks = new List<InetPrefix>();
        var primary = false;
        foreach (var field in fields)
        {
            switch (field.Value)
            {
                case "primary":
                    primary = true;
                    break;
                case "all":
                    networks.AddRange([InetPrefix.Parse("0.0.0.0/0"), InetPrefix.Parse("::/0")]);
                    break;
                case "localhost":
                    root.Problems.Warning(field.Path, field.Line, "localhost never serves node ports in IPVS mode, in kube-proxy neither");
                    networks.AddRange([InetPrefix.Parse("127.0.0.0/8"), InetPrefix.Parse("::1/128")]);
                    break;
                default:
                    networks.Add(FieldRules.Network(root, field, "primary, or a network such as 192.0.2.0/24"));
                    break;
            }
        }
        return new NodePortAddresses(networks.Where(network => !network.IsNone).ToEquatableArray(), primary);
    }

    private static AddressBinding ReadVipBinding(Section root, AddressBinding byDefault)
    {
        switch (root.Text("vipBinding"))
        {
            case null:
                return byDefault;
            case { Value: "addresses" }:
                return AddressBinding.Address;
            case { Value: "routes" }:
                return AddressBinding.Route;
            case { } field:
                root.Problems.Error(field.Path, field.Line, $"is \"{field.Value}\"; it must be addresses (on kube-ipvs0, the default) or routes (for very large clusters)");
                return byDefault;
        }
    }
}
