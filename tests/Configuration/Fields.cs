namespace NetAgent.Configuration.Tests;

/// <summary>What a field takes.</summary>
public enum FieldKind
{
    Boolean,
    Duration,
    Number,
    WholeNumber,
    Size,
    Texts,
    Mapping,
    Word,
}

/// <summary>A field of one of the files, for what is the same in all of them.</summary>
/// <param name="File">Of <see cref="ReadFiles.Names"/>.</param>
/// <param name="Kind">What it takes.</param>
/// <param name="Path">As problems name it.</param>
/// <param name="Range">What is right, as messages say it: bounds, or the words that are known.</param>
/// <param name="Before">Lines before the field's own.</param>
/// <param name="Indent">Blanks before the key.</param>
public sealed record Field(string File, FieldKind Kind, string Path, string Range, string Before, string Indent)
{
    private static readonly Field[] _all =
    [
        new("agent", FieldKind.Boolean, "nodeCondition", "", "", ""),
        new("agent", FieldKind.Boolean, "plugins[0].required", "", "plugins:\n- name: ipvs\n", "  "),
        new("agent", FieldKind.Duration, "verifyPeriod", "1s to 24h", "", ""),
        new("agent", FieldKind.Number, "rollout.percent", "0 to 100", "rollout:\n", "  "),
        new("agent", FieldKind.Size, "plugins[0].memoryLimit", "32Mi to 64Gi", "plugins:\n- name: ipvs\n  isolation: process\n", "  "),
        new("agent", FieldKind.Texts, "plugins[0].configFiles", "", "plugins:\n- name: ipvs\n", "  "),
        new("agent", FieldKind.Mapping, "cluster", "", "", ""),
        new("agent", FieldKind.Word, "logging.level", "debug, information, warning, error", "logging:\n", "  "),
        new("KubeProxyConfiguration, ipvs", FieldKind.Boolean, "iptables.masqueradeAll", "", "iptables:\n", "  "),
        new("KubeProxyConfiguration, ipvs", FieldKind.Duration, "ipvs.tcpTimeout", "0s or more", "ipvs:\n", "  "),
        new("KubeProxyConfiguration, ipvs", FieldKind.WholeNumber, "iptables.masqueradeBit", "0 to 31", "iptables:\n", "  "),
        new("KubeProxyConfiguration, ipvs", FieldKind.Number, "clientConnection.qps", "-1 to 2147483647", "clientConnection:\n", "  "),
        new("KubeProxyConfiguration, ipvs", FieldKind.Texts, "ipvs.excludeCIDRs", "", "ipvs:\n", "  "),
        new("KubeProxyConfiguration, ipvs", FieldKind.Mapping, "ipvs", "", "", ""),
        new("KubeProxyConfiguration, ipvs", FieldKind.Word, "vipBinding", "addresses, routes", "", ""),
        new("KubeProxyConfiguration, conntrack-tuner", FieldKind.Boolean, "conntrack.tcpBeLiberal", "", "conntrack:\n", "  "),
        new("KubeProxyConfiguration, conntrack-tuner", FieldKind.Duration, "conntrack.udpTimeout", "0s to 596h31m23s", "conntrack:\n", "  "),
        new("KubeProxyConfiguration, conntrack-tuner", FieldKind.WholeNumber, "conntrack.maxPerCore", "0 to 2147483647", "conntrack:\n", "  "),
        new("KubeProxyConfiguration, conntrack-tuner", FieldKind.Mapping, "conntrack", "", "", ""),
        new("KubeProxyConfiguration, metallb-arp", FieldKind.Boolean, "ipvs.strictARP", "", "ipvs:\n", "  "),
        new("ip-masq-agent", FieldKind.Boolean, "masqLinkLocal", "", "", ""),
        new("ip-masq-agent", FieldKind.Duration, "resyncInterval", "100ns or more", "", ""),
        new("ip-masq-agent", FieldKind.WholeNumber, "cidrLimit", "0 to 2147483647", "", ""),
        new("ip-masq-agent", FieldKind.Texts, "nonMasqueradeCIDRs", "", "", ""),
        new("conntrack-tuner", FieldKind.Boolean, "persist", "", "", ""),
        new("conntrack-tuner", FieldKind.Duration, "rivals.window", "1s or more", "rivals:\n", "  "),
        new("conntrack-tuner", FieldKind.WholeNumber, "rivals.changes", "1 to 1000", "rivals:\n", "  "),
        new("conntrack-tuner", FieldKind.Size, "adaptive.maxMemory", "1 to 9223372036854775807", "adaptive:\n", "  "),
        new("conntrack-tuner", FieldKind.Mapping, "pressure", "", "", ""),
        new("conntrack-tuner", FieldKind.Word, "profile", "high-throughput, short-connections", "", ""),
        new("metallb-arp", FieldKind.Duration, "rivals.backOff", "1s or more", "rivals:\n", "  "),
        new("metallb-arp", FieldKind.WholeNumber, "rivals.changes", "1 to 1000", "rivals:\n", "  "),
        new("metallb-arp", FieldKind.Texts, "interfaces.include", "", "interfaces:\n", "  "),
        new("metallb-arp", FieldKind.Mapping, "interfaces", "", "", ""),
        new("metallb-arp", FieldKind.Word, "mode", "all, interfaces, observe, off", "", ""),
    ];

    public static TheoryData<Field> All => new(_all);

    public static TheoryData<Field> Of(params FieldKind[] kinds) => new(_all.Where(field => kinds.Contains(field.Kind)));

    public string Key => Path[(Path.LastIndexOf('.') + 1)..];

    /// <summary>The line on which the field stands.</summary>
    public int Line => ReadFiles.FirstLine(File) + Before.Count(c => c == '\n');

    /// <summary>A body in which the field has this value, as YAML; several values repeat the key.</summary>
    public string With(params string[] values) => Before + string.Concat(values.Select(value => $"{Indent}{Key}: {value}\n"));

    public override string ToString() => $"{File}: {Path}";
}
