namespace NetAgent.Plugins.MasqAgent.Owners;

/// <summary>Who writes masquerade rules on Kubernetes nodes, and how each is told to stop.</summary>
/// <param name="Name">For people.</param>
/// <param name="Remedy">What to do.</param>
/// <param name="IsPodNetwork">Its rules are about pods whatever spec.podCIDRs of the Node says.</param>
internal sealed record MasqueradeOwner(string Name, string Remedy, bool IsPodNetwork)
{
    public static MasqueradeOwner Kubernetes { get; } =
        new("kube-proxy or kubelet", "its masquerade rule should depend on mark 0x4000; restart it to have its chain rewritten", true);

    private static readonly MasqueradeOwner Kubenet =
        new("kubelet (kubenet)", "start the kubelet with --non-masquerade-cidr=0.0.0.0/0", true);

    private static readonly MasqueradeOwner CniHostPort =
        new("the CNI portmap plugin", "set \"snat\": false for portmap in the CNI configuration", true);

    private static readonly MasqueradeOwner Flannel =
        new("flannel", "start flanneld without --ip-masq", true);

    private static readonly MasqueradeOwner KubeRouter =
        new("kube-router", "start it with --enable-pod-egress=false", true);

    private static readonly MasqueradeOwner Docker =
        new("Docker", "set \"ip-masq\": false in daemon.json if pods use its bridge", false);

    private static readonly MasqueradeOwner AnotherAgent =
        new("another ip-masq-agent", "stop it, then delete its jump and its chain", true);

    private static readonly MasqueradeOwner Kindnet =
        new("kindnet", "leave masquerading to one of the two", true);

    private static readonly (string Prefix, MasqueradeOwner Owner)[] ByChain =
    [
        ("KUBE-ROUTER", KubeRouter),
        ("KUBE-", Kubernetes),
        ("CNI-HOSTPORT", CniHostPort),
        ("CNI-", new("a CNI plugin (ipMasq)", "set \"ipMasq\": false in the CNI configuration, for pods started from then on", true)),
        ("cali-", new("Calico (natOutgoing)", "set natOutgoing: false on the IPPool", true)),
        ("FLANNEL-", Flannel),
        ("KIND-MASQ-AGENT", Kindnet),
        ("IP-MASQ", AnotherAgent),
        ("OPENSHIFT-MASQUERADE", new("OpenShift SDN", "leave masquerading to one of the two", true)),
        ("CILIUM_",
        new("Cilium", "set enable-ipv4-masquerade (or enable-ipv6-masquerade) to false, or use Cilium's own ip-masq-agent", true)),
        ("OLD_CILIUM_", new("Cilium, while it restarts", "set enable-ipv4-masquerade (or enable-ipv6-masquerade) to false", true)),
        ("WEAVE", new("Weave Net", "leave masquerading to one of the two", true)),
        ("ANTREA-", new("Antrea", "set noSNAT: true in antrea-agent.conf", true)),
        ("AWS-SNAT-CHAIN", new("the Amazon VPC CNI", "set AWS_VPC_K8S_CNI_EXTERNALSNAT=true on aws-node", true)),
        ("OVN-KUBE", new("OVN-Kubernetes", "leave masquerading to one of the two", true)),
        ("DOCKER", Docker),
        ("LIBVIRT_", new("libvirt", "use a network without NAT if pods use its bridge", false)),
    ];

    private static readonly MasqueradeOwner Unknown = new("an unknown owner", "find who writes it and have that stopped", false);

    /// <summary>Whose chain it is by its name; null where that says nothing.</summary>
    public static MasqueradeOwner? OfChain(string chain)
    {
        foreach (var (prefix, owner) in ByChain)
        {
            if (chain.StartsWith(prefix, StringComparison.Ordinal))
            {
                return owner;
            }
        }
        return null;
    }

    /// <summary>Whose rule it is, by its chain, its comment and the line that iptables-save prints.</summary>
    public static MasqueradeOwner OfRule(string chain, string comment, string line) => OfChain(chain) switch
    {
        { } owner => owner,
        _ when comment.StartsWith("kubenet:", StringComparison.Ordinal)
            || line.Contains("SNAT for outbound traffic from cluster", StringComparison.Ordinal) => Kubenet,
        _ when comment.StartsWith("flanneld masq", StringComparison.Ordinal) => Flannel,
        _ when line.Contains("kube-router-", StringComparison.Ordinal) => KubeRouter,
        _ when line.Contains("! -o docker0", StringComparison.Ordinal) || line.Contains("! -o br-", StringComparison.Ordinal) => Docker,
        _ => Unknown,
    };

    /// <summary>Its chain does what ours does: whoever takes its place may take its chain.</summary>
    public bool IsMasqAgent => ReferenceEquals(this, AnotherAgent) || ReferenceEquals(this, Kindnet);

    /// <summary>Nothing is known of who wrote it.</summary>
    public bool IsUnknown => ReferenceEquals(this, Unknown);
}
