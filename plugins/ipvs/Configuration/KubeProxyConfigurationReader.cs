using NetAgent.Contracts;
using NetAgent.Plugins.Shared.Configuration;

namespace NetAgent.Plugins.Ipvs.Configuration;

/// <summary>
/// Reads a KubeProxyConfiguration (kubeproxy.config.k8s.io/v1alpha1) as kube-proxy does, plus NetAgent's own <c>vipBinding</c> and
/// <c>excludeForeignAddresses</c>.
/// </summary>
internal static class KubeProxyConfigurationReader
{
    public static IpvsConfiguration Read(ConfigSection root, bool isDocument, IpvsConfiguration basis)
    {
        root.Expect("apiVersion", ConfigDocument.KubeProxyVersion, isDocument);
        root.Expect("kind", ConfigDocument.KubeProxyKind, isDocument);
        if (root.OneOf("mode", "ipvs", "", "iptables", "nftables") is { } mode and not ("ipvs" or ""))
        {
            root.Inform("mode", $"'{mode}' is not used: this plugin programs IPVS");
        }
        var result = ReadIpvs(root, ReadIptables(root, basis));
        result = result with
        {
            BindAddress = FieldRules.Address(root, "bindAddress", result.BindAddress),
            NodePortAddresses = ReadNodePortAddresses(root, result.NodePortAddresses),
            // addresses: on kube-ipvs0; routes: for very large clusters.
            ExcludeForeignAddresses = root.Boolean("excludeForeignAddresses") ?? result.ExcludeForeignAddresses,
            VipBinding = root.OneOf("vipBinding", "addresses", "routes") switch
            {
                null => result.VipBinding,
                "routes" => AddressBinding.Route,
                _ => AddressBinding.Address,
            },
        };
        result = LocalDetection.Read(root, result);
        // conntrack is read by the plugin conntrack-tuner from the same file; kind writes metadata.
        root.Leave("conntrack", "metadata");
        UnusedFields.Read(root);
        root.Finish();
        return result;
    }

    private static IpvsConfiguration ReadIptables(ConfigSection root, IpvsConfiguration basis)
    {
        var iptables = root.Section("iptables");
        var period = FieldRules.Period(iptables, "syncPeriod", UnusedFields.IptablesSyncPeriod);
        var minimum = iptables.Duration("minSyncPeriod") ?? UnusedFields.IptablesMinSyncPeriod;
        if (minimum != UnusedFields.IptablesMinSyncPeriod)
        {
            // kube-proxy checks this pair in IPVS mode too.
            FieldRules.MinimumWithinPeriod(iptables, "minSyncPeriod", minimum, "syncPeriod", period);
        }
        UnusedFields.ReadIptables(iptables, period, minimum);
        var result = basis with
        {
            MasqueradeBit = (int?)iptables.Integer("masqueradeBit", 0, 31) ?? basis.MasqueradeBit,
            MasqueradeAll = iptables.Boolean("masqueradeAll") ?? basis.MasqueradeAll,
        };
        iptables.Finish();
        return result;
    }

    private static IpvsConfiguration ReadIpvs(ConfigSection root, IpvsConfiguration basis)
    {
        var ipvs = root.Section("ipvs");
        if (!ipvs.Exists)
        {
            return basis;
        }
        var result = basis with
        {
            SyncPeriod = FieldRules.Period(ipvs, "syncPeriod", basis.SyncPeriod),
            MinSyncPeriod = ipvs.Duration("minSyncPeriod") ?? basis.MinSyncPeriod,
            Scheduler = ipvs.Text("scheduler") is { Length: > 0 } scheduler ? scheduler : basis.Scheduler,
            ExcludeCIDRs = ReadExcludeCIDRs(ipvs, basis.ExcludeCIDRs),
            Timeouts = new IpvsTimeouts(
                ReadTimeout(ipvs, "tcpTimeout", basis.Timeouts.TcpSeconds),
                ReadTimeout(ipvs, "tcpFinTimeout", basis.Timeouts.TcpFinSeconds),
                ReadTimeout(ipvs, "udpTimeout", basis.Timeouts.UdpSeconds)),
        };
        FieldRules.MinimumWithinPeriod(ipvs, "minSyncPeriod", result.MinSyncPeriod, "syncPeriod", result.SyncPeriod);
        // Read by the plugin metallb-arp from the same file.
        ipvs.Leave("strictARP");
        ipvs.Finish();
        return result;
    }

    private static uint ReadTimeout(ConfigSection ipvs, string key, uint byDefault)
    {
        var timeout = ipvs.Duration(key) ?? TimeSpan.FromSeconds(byDefault);
        if (timeout > TimeSpan.Zero && timeout < TimeSpan.FromSeconds(1))
        {
            ipvs.Warn(key, $"'{GoDuration.ToText(timeout)}' has no effect: the kernel counts whole seconds; 1s or more is right");
        }
        return (uint)Math.Min(timeout.TotalSeconds, uint.MaxValue);
    }

    private static EquatableArray<InetPrefix> ReadExcludeCIDRs(ConfigSection ipvs, EquatableArray<InetPrefix> byDefault) =>
        ipvs.Texts("excludeCIDRs") is not { Count: > 0 } items ? byDefault : items
            .Select(item => FieldRules.Network(ipvs, item, "a network such as 192.0.2.0/24")).Where(network => !network.IsNone)
                .ToEquatableArray();

    private static NodePortAddresses ReadNodePortAddresses(ConfigSection root, NodePortAddresses byDefault)
    {
        if (root.Texts("nodePortAddresses") is not { Count: > 0 } items)
        {
            return byDefault;
        }
        var networks = new List<InetPrefix>();
        var primary = false;
        foreach (var item in items)
        {
            switch (item.Text)
            {
                case "primary":
                    primary = true;
                    break;
                case "all":
                    networks.AddRange([InetPrefix.Parse("0.0.0.0/0"), InetPrefix.Parse("::/0")]);
                    break;
                case "localhost":
                    root.Warn(item, "localhost never serves node ports in IPVS mode, in kube-proxy neither");
                    networks.AddRange([InetPrefix.Parse("127.0.0.0/8"), InetPrefix.Parse("::1/128")]);
                    break;
                default:
                    networks.Add(FieldRules.Network(root, item, "primary, or a network such as 192.0.2.0/24"));
                    break;
            }
        }
        return new NodePortAddresses(networks.Where(network => !network.IsNone).ToEquatableArray(), primary);
    }
}
