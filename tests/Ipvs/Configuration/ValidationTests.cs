using NetAgent.Contracts;
using NetAgent.Ipvs.Tests.Recordings;
using NetAgent.Plugins.Ipvs;

namespace NetAgent.Ipvs.Tests.Configuration;

/// <summary>Which values are refused, with a message that names field, value and what would be right.</summary>
public sealed class ValidationTests
{
    [Theory]
    [InlineData("""{"mode": "userspace"}""", "mode", "userspace", "ipvs")]
    [InlineData("""{"kind": "KubeletConfiguration"}""", "kind", "KubeletConfiguration", "KubeProxyConfiguration")]
    [InlineData("""{"apiVersion": "kubeproxy.config.k8s.io/v1"}""", "apiVersion", "config.k8s.io/v1", "v1alpha1")]
    [InlineData("""{"bindAddress": "localhost"}""", "bindAddress", "localhost", "IP address")]
    [InlineData("""{"healthzBindAddress": "0.0.0.0:0"}""", "healthzBindAddress", "0.0.0.0:0", "1 to 65535")]
    [InlineData("""{"metricsBindAddress": "::1:x"}""", "metricsBindAddress", "::1:x", "[::]:10256")]
    [InlineData("""{"clusterCIDR": "10.244.0.0"}""", "clusterCIDR", "10.244.0.0", "10.244.0.0/16")]
    [InlineData("""{"clusterCIDR": "10.0.0.0/16,10.1.0.0/16"}""", "clusterCIDR", "10.1.0.0/16", "comma")]
    [InlineData("""{"clusterCIDR": "10.0.0.0/16,fd00::/56,fd01::/56"}""", "clusterCIDR", "fd01::/56", "comma")]
    [InlineData("""{"clusterCIDR": 10}""", "clusterCIDR", "10", "10.244.0.0/16")]
    [InlineData("""{"detectLocalMode": "Magic"}""", "detectLocalMode", "Magic", "InterfaceNamePrefix")]
    [InlineData("""{"detectLocalMode": "BridgeInterface"}""", "detectLocal.bridgeInterface", "empty", "cni0")]
    [InlineData("""{"detectLocalMode": "InterfaceNamePrefix", "detectLocal": {"interfaceNamePrefix": ""}}""", "detectLocal.interfaceNamePrefix", "empty", "veth")]
    [InlineData("""{"detectLocalMode": "BridgeInterface", "detectLocal": {"bridgeInterface": "a very long name"}}""", "detectLocal.bridgeInterface", "a very long name", "bridge")]
    [InlineData("""{"nodePortAddresses": ["192.0.2.11"]}""", "nodePortAddresses[0]", "192.0.2.11", "192.0.2.0/24")]
    [InlineData("""{"nodePortAddresses": "primary"}""", "nodePortAddresses", "primary", "list")]
    [InlineData("""{"oomScoreAdj": 1001}""", "oomScoreAdj", "1001", "1000")]
    [InlineData("""{"configSyncPeriod": "-1s"}""", "configSyncPeriod", "-1s", "0s or more")]
    [InlineData("""{"iptables": {"masqueradeBit": 32}}""", "iptables.masqueradeBit", "32", "31")]
    [InlineData("""{"iptables": {"masqueradeBit": -1}}""", "iptables.masqueradeBit", "-1", "0 to 31")]
    [InlineData("""{"iptables": {"masqueradeBit": 1.5}}""", "iptables.masqueradeBit", "1.5", "whole number")]
    [InlineData("""{"iptables": {"masqueradeAll": "true"}}""", "iptables.masqueradeAll", "true", "true or false")]
    [InlineData("""{"iptables": {"minSyncPeriod": "31s"}}""", "iptables.minSyncPeriod", "31s", "at most iptables.syncPeriod, 30s")]
    [InlineData("""{"iptables": []}""", "iptables", "a list", "mapping")]
    [InlineData("""{"ipvs": {"syncPeriod": "-30s"}}""", "ipvs.syncPeriod", "-30s", "0s or more")]
    [InlineData("""{"ipvs": {"minSyncPeriod": "-1s"}}""", "ipvs.minSyncPeriod", "-1s", "0s or more")]
    [InlineData("""{"ipvs": {"minSyncPeriod": "31s"}}""", "ipvs.minSyncPeriod", "31s", "at most ipvs.syncPeriod, 30s")]
    [InlineData("""{"ipvs": {"syncPeriod": 30}}""", "ipvs.syncPeriod", "30", "as in 30s")]
    [InlineData("""{"ipvs": {"excludeCIDRs": ["10.0.0.0/8", "10.0.0.1"]}}""", "ipvs.excludeCIDRs[1]", "10.0.0.1", "192.0.2.0/24")]
    [InlineData("""{"ipvs": {"tcpTimeout": "-1s"}}""", "ipvs.tcpTimeout", "-1s", "0s or more")]
    [InlineData("""{"ipvs": {"tcpFinTimeout": "soon"}}""", "ipvs.tcpFinTimeout", "soon", "as in 60s")]
    [InlineData("""{"clientConnection": {"burst": -1}}""", "clientConnection.burst", "-1", "0")]
    [InlineData("""{"featureGates": {"TopologyAwareHints": "on"}}""", "featureGates.TopologyAwareHints", "on", "true or false")]
    [InlineData("""{"logging": {"format": "xml"}}""", "logging.format", "xml", "one of text, json is right")]
    [InlineData("""{"logging": {"verbosity": -1}}""", "logging.verbosity", "-1", "0")]
    [InlineData("""{"portRange": "abc"}""", "portRange", "abc", "30000-31000")]
    [InlineData("""{"portRange": "2000-1000"}""", "portRange", "2000-1000", "30000-31000")]
    [InlineData("""{"clientConnection": {"qps": "fast"}}""", "clientConnection.qps", "fast", "number")]
    [InlineData("""{"logging": "text"}""", "logging", "text", "mapping")]
    [InlineData("""{"showHiddenMetricsForVersion": "latest"}""", "showHiddenMetricsForVersion", "latest", "1.35")]
    [InlineData("""{"showHiddenMetricsForVersion": "1.35.1"}""", "showHiddenMetricsForVersion", "1.35.1", "1.35")]
    [InlineData("""{"vipBinding": "magic"}""", "vipBinding", "magic", "routes")]
    public void Refused(string configuration, string path, string value, string remedy)
    {
        var result = Configure(configuration);
        Assert.False(result.IsAccepted);
        var problem = Assert.Single(result.Problems, problem => problem.IsError);
        Assert.Equal(path, problem.Path);
        Assert.Contains(value, problem.Message);
        Assert.Contains(remedy, problem.Message);
        Assert.True(problem.Line > 0, "no line");
    }

    [Theory]
    [InlineData("""{"nodePortAddresses": null, "iptables": {"masqueradeBit": null, "masqueradeAll": false, "minSyncPeriod": "0s", "syncPeriod": "0s"}}""")]
    [InlineData("""{"ipvs": {"excludeCIDRs": null, "minSyncPeriod": "0s", "scheduler": "", "strictARP": false, "syncPeriod": "0s", "tcpFinTimeout": "0s", "tcpTimeout": "0s", "udpTimeout": "0s"}}""")]
    [InlineData("""{"bindAddress": "0.0.0.0", "clusterCIDR": "", "configSyncPeriod": "0s", "detectLocalMode": "", "enableProfiling": false, "healthzBindAddress": "", "hostnameOverride": "", "metricsBindAddress": "", "oomScoreAdj": null, "portRange": "", "showHiddenMetricsForVersion": ""}""")]
    [InlineData("""{"clientConnection": {"acceptContentTypes": "", "burst": 0, "contentType": "", "kubeconfig": "", "qps": 0}, "detectLocal": {"bridgeInterface": "", "interfaceNamePrefix": ""}}""")]
    [InlineData("""{"conntrack": {"maxPerCore": null, "bogus": [1]}, "logging": {"flushFrequency": 0, "options": {"text": {"infoBufferSize": "0"}}}, "winkernel": {"enableDSR": false}, "nftables": {"masqueradeBit": null}}""")]
    public void What_kubeadm_writes_means_the_defaults_and_needs_no_word(string configuration)
    {
        var result = Configure(configuration);
        Assert.Empty(result.Problems);
        Assert.Equal((TimeSpan.FromSeconds(30), TimeSpan.Zero), (result.Period, result.MinimumPeriod));
    }

    [Theory]
    [InlineData("""{"ipvs": {"schduler": "lc"}}""", "ipvs.schduler", "did you mean scheduler?")]
    [InlineData("""{"clusterCidr": "10.0.0.0/8"}""", "clusterCidr", "did you mean clusterCIDR?")]
    [InlineData("""{"zzz": 1}""", "zzz", "is unknown and has no effect; known here: apiVersion, kind, mode")]
    [InlineData("""{"mode": "ipvs", "mode": "ipvs"}""", "mode", "more than once")]
    [InlineData("""{"ipvs": {"udpTimeout": "500ms"}}""", "ipvs.udpTimeout", "whole seconds")]
    [InlineData("""{"nodePortAddresses": ["localhost"]}""", "nodePortAddresses[0]", "never")]
    public void Warned_of(string configuration, string path, string message)
    {
        var result = Configure(configuration);
        Assert.True(result.IsAccepted);
        var problem = Assert.Single(result.Problems);
        Assert.Equal(path, problem.Path);
        Assert.Contains(message, problem.Message);
    }

    [Theory]
    [InlineData("""{"mode": "nftables"}""", "mode")]
    [InlineData("""{"hostnameOverride": "node-1"}""", "hostnameOverride")]
    [InlineData("""{"metricsBindAddress": "0.0.0.0:10249"}""", "metricsBindAddress")]
    [InlineData("""{"healthzBindAddress": "[::]:10256"}""", "healthzBindAddress")]
    [InlineData("""{"clientConnection": {"kubeconfig": "/var/lib/kube-proxy/kubeconfig.conf"}}""", "clientConnection.kubeconfig")]
    [InlineData("""{"featureGates": {"KubeProxyIPVS": true}}""", "featureGates.KubeProxyIPVS")]
    [InlineData("""{"enableProfiling": true}""", "enableProfiling")]
    [InlineData("""{"portRange": "1-2"}""", "portRange")]
    [InlineData("""{"configSyncPeriod": "1m"}""", "configSyncPeriod")]
    [InlineData("""{"clientConnection": {"qps": 50}}""", "clientConnection.qps")]
    [InlineData("""{"clientConnection": {"contentType": "application/json"}}""", "clientConnection.contentType")]
    [InlineData("""{"iptables": {"syncPeriod": "10s"}}""", "iptables.syncPeriod")]
    [InlineData("""{"iptables": {"minSyncPeriod": "5s"}}""", "iptables.minSyncPeriod")]
    [InlineData("""{"iptables": {"localhostNodePorts": true}}""", "iptables.localhostNodePorts")]
    [InlineData("""{"nftables": {"masqueradeAll": true}}""", "nftables")]
    [InlineData("""{"winkernel": {"networkName": "cbr0"}}""", "winkernel")]
    [InlineData("""{"logging": {"options": {"json": {"infoBufferSize": "0"}}, "verbosity": 4, "flushFrequency": 5000000000}}""", "logging")]
    [InlineData("""{"showHiddenMetricsForVersion": "1.34"}""", "showHiddenMetricsForVersion")]
    public void A_field_without_use_here_is_information(string configuration, string path)
    {
        var problem = Assert.Single(Configure(configuration).Problems);
        Assert.True(problem is { IsError: false, IsInformation: true });
        Assert.Equal(path, problem.Path);
        Assert.Contains("not used", problem.Message);
    }

    private static ConfigurationResult Configure(string configuration) => new IpvsPlugin().Configure(new PluginConfiguration { Inline = ConfigJson.Read(configuration) });
}
