using NetAgent.Plugins.Shared.Configuration;

namespace NetAgent.Plugins.ConntrackTuner.Configuration;

/// <summary>conntrack: of a KubeProxyConfiguration v1alpha1, with kube-proxy's defaults. Zero leaves a setting alone.</summary>
internal sealed record KubeProxyConntrack
{
    public int MaxPerCore { get; init; } = 32 * 1024;

    public int Min { get; init; } = 128 * 1024;

    public TimeSpan TcpEstablishedTimeout { get; init; } = TimeSpan.FromHours(24);

    public TimeSpan TcpCloseWaitTimeout { get; init; } = TimeSpan.FromHours(1);

    public bool TcpBeLiberal { get; init; }

    public TimeSpan UdpTimeout { get; init; }

    public TimeSpan UdpStreamTimeout { get; init; }

    /// <summary>Reads the section; the file's other sections belong to other plugins and are not looked at.</summary>
    public static KubeProxyConntrack Read(ConfigSection root)
    {
        var section = root.Section("conntrack");
        var defaults = new KubeProxyConntrack();
        var settings = new KubeProxyConntrack
        {
            MaxPerCore = (int)(section.Integer("maxPerCore", 0, int.MaxValue) ?? defaults.MaxPerCore),
            Min = (int)(section.Integer("min", 0, int.MaxValue) ?? defaults.Min),
            TcpEstablishedTimeout = Timeout(section, "tcpEstablishedTimeout") ?? defaults.TcpEstablishedTimeout,
            TcpCloseWaitTimeout = Timeout(section, "tcpCloseWaitTimeout") ?? defaults.TcpCloseWaitTimeout,
            TcpBeLiberal = section.Boolean("tcpBeLiberal") ?? defaults.TcpBeLiberal,
            UdpTimeout = Timeout(section, "udpTimeout") ?? defaults.UdpTimeout,
            UdpStreamTimeout = Timeout(section, "udpStreamTimeout") ?? defaults.UdpStreamTimeout,
        };
        // kubeadm of long ago wrote it, and its file still stands in clusters.
        section.Leave("max");
        section.Finish();
        return settings;
    }

    private static TimeSpan? Timeout(ConfigSection section, string key)
    {
        var timeout = section.Duration(key, TimeSpan.Zero, TimeSpan.FromSeconds(SysctlCatalog.LongestTimeoutSeconds));
        // Cut to whole seconds, less than one would be the 0 that expires every connection at once.
        if (timeout > TimeSpan.Zero && timeout < TimeSpan.FromSeconds(1))
        {
            section.Error(key, $"'{section.Text(key)}' is out of range; 1s or more is right, or 0s to leave the kernel's value");
        }
        return timeout;
    }
}
