using NetAgent.Contracts;
using NetAgent.Plugins.ConntrackTuner;
using NetAgent.Plugins.ConntrackTuner.Configuration;
using NetAgent.Plugins.Tests;

namespace NetAgent.ConntrackTuner.Tests;

public sealed class SettingsTests
{
    [Theory]
    [InlineData("net.netfilter.nf_conntrack_max", "net/netfilter/nf_conntrack_max")]
    [InlineData("net.nf_conntrack_max", "net/netfilter/nf_conntrack_max")]
    [InlineData("nf_conntrack_max", "net/netfilter/nf_conntrack_max")]
    [InlineData("/proc/sys/net/netfilter/nf_conntrack_max", "net/netfilter/nf_conntrack_max")]
    [InlineData("/sys/module/nf_conntrack/parameters/hashsize", "net/netfilter/nf_conntrack_buckets")]
    [InlineData("net.ipv4.conf.eth0.rp_filter", "net/ipv4/conf/eth0/rp_filter")]
    [InlineData("net/ipv4/conf/eth0.100/rp_filter", "net/ipv4/conf/eth0.100/rp_filter")]
    [InlineData("net.ipv4.conf.eth0/100.rp_filter", "net/ipv4/conf/eth0.100/rp_filter")]
    [InlineData("net.ipv4.conf.*.rp_filter", "net/ipv4/conf/*/rp_filter")]
    [InlineData("net..ipv4", null)]
    [InlineData("net/ipv4/../../etc", null)]
    [InlineData("", null)]
    public void Names_become_one_form(string written, string? path) => Assert.Equal(path, SysctlName.Normalise(written));

    [Theory]
    [InlineData("nf_conntrack_max", "0", "no limit")]
    [InlineData("nf_conntrack_max", "-1", "1 to 2147483647")]
    [InlineData("nf_conntrack_max", "2147483648", "out of range")]
    [InlineData("nf_conntrack_max", "1e6", "not a whole number")]
    [InlineData("nf_conntrack_buckets", "0", "out of range")]
    [InlineData("nf_conntrack_count", "5", "only counts")]
    [InlineData("nf_conntrack_tcp_timeout_established", "0", "expires at once")]
    [InlineData("nf_conntrack_tcp_timeout_established", "-1", "expires at once")]
    [InlineData("nf_conntrack_tcp_timeout_established", "8589934", "1 to 2147483")]
    [InlineData("nf_conntrack_udp_timeout", "30s", "not a whole number of seconds")]
    [InlineData("nf_conntrack_sctp_timeout_shutdown_sent", "0", "expires at once")]
    [InlineData("nf_conntrack_tcp_be_liberal", "2", "0 to 1")]
    [InlineData("nf_conntrack_events", "3", "0 to 2")]
    [InlineData("nf_conntrack_log_invalid", "256", "0 to 255")]
    [InlineData("nf_conntrack_something_new", "-5", "0 to 2147483647")]
    [InlineData("net.ipv4.ip_forward", "0", "serves no pod")]
    [InlineData("net.ipv4.vs.conntrack", "2", "0 to 1")]
    [InlineData("net.ipv4.vs.drop_entry", "4", "0 to 3")]
    [InlineData("net.ipv4.vs.est_nice", "-21", "-20 to 19")]
    [InlineData("net.ipv4.vs.sync_threshold", "many", "neither a list nor a pair")]
    [InlineData("net.ipv4.conf.eth0.rp_filter", "3", "0 to 2")]
    [InlineData("net.bridge.bridge-nf-call-iptables", "2", "0 to 1")]
    [InlineData("net.ipv4.conf.eth0.100.rp_filter", "1", "needs slashes")]
    [InlineData("net.ipv4.tcp_tw_reuse", "1", "not among the sysctls")]
    [InlineData("kernel.panic", "1", "not among the sysctls")]
    [InlineData("net.netfilter.nf_contrack_max", "100000", "did you mean net.netfilter.nf_conntrack_max?")]
    [InlineData("net.ipv4.ip_foward", "1", "did you mean net.ipv4.ip_forward?")]
    [InlineData("net.ipv4.conf.eth*.rp_filter", "1", "* stands for a whole element")]
    public void A_value_out_of_range_or_dangerous_is_refused_before_any_write(string name, string value, string message)
    {
        var result = ConfigureOne(name, $"\"{value}\"");

        var problem = Assert.Single(result.Problems, p => p.IsError);
        Assert.Equal("sysctls." + name, problem.Path);
        Assert.Contains(message, problem.Message);
    }

    [Theory]
    [InlineData("nf_conntrack_max", "0131072", "'0131072' has a leading zero, as octal numbers have; 131072 is right")]
    [InlineData("nf_conntrack_tcp_timeout_established", "0600", "600 is right")]
    [InlineData("nf_conntrack_tcp_be_liberal", "00", "0 is right")]
    [InlineData("nf_conntrack_tcp_be_liberal", "+1", "'+1' has a sign; 1 is right")]
    [InlineData("nf_conntrack_udp_timeout", "+030", "30 is right")]
    [InlineData("net.ipv4.vs.drop_entry", "+2", "2 is right")]
    [InlineData("net.ipv4.vs.est_nice", "-010", "-10 is right")]
    [InlineData("net.ipv4.vs.est_nice", "-0", "'-0' has a sign; 0 is right")]
    [InlineData("net.ipv4.vs.sync_threshold", "3 050", "'050' has a leading zero, as octal numbers have; 50 is right")]
    [InlineData("net.ipv4.vs.est_cpulist", "0-03", "3 is right")]
    [InlineData("nf_conntrack_udp_timeout", "30\\u0000", "not a whole number of seconds")]
    public void A_number_that_the_kernel_reads_otherwise_or_not_at_all_is_refused_with_the_right_one(string name, string value, string message)
    {
        Assert.Contains(message, Assert.Single(ConfigureOne(name, $"\"{value}\"").Problems, p => p.IsError).Message);
        Assert.Contains(message, Assert.Single(ConfigureOne(name, $$"""{"atLeast": "{{value}}"}""").Problems, p => p.IsError).Message);
    }

    [Theory]
    [InlineData("""{"memoryShare": "025%"}""", "memoryShare", "25% is right")]
    [InlineData("""{"memoryShare": "00.5"}""", "memoryShare", "0.5 is right")]
    [InlineData("""{"pressure": {"warning": "075%"}}""", "pressure.warning", "75% is right")]
    [InlineData("""{"adaptive": {"maxMemory": "0512Mi"}}""", "adaptive.maxMemory", "512Mi is right")]
    [InlineData("""{"adaptive": {"maxMemory": "05%"}}""", "adaptive.maxMemory", "5% is right")]
    [InlineData("""{"adaptive": {"high": "01"}}""", "adaptive.high", "1 is right")]
    public void A_leading_zero_is_refused_wherever_a_number_stands(string config, string path, string message)
    {
        var problem = Assert.Single(Configure(config).Problems, p => p.IsError);

        Assert.Equal(path, problem.Path);
        Assert.Contains(message, problem.Message);
    }

    [Theory]
    [InlineData("03", "3 is right")]
    [InlineData("+3", "3 is right")]
    public void A_whole_number_of_another_key_is_plain_too(string value, string message)
    {
        // Not written as JSON, which has no such numbers; YAML has.
        var result = new ConntrackTunerPlugin().Configure(new() { Inline = Mapping("rivals", Mapping("changes", new() { Kind = ConfigNodeKind.Scalar, Text = value })) });

        var problem = Assert.Single(result.Problems, p => p.IsError);
        Assert.Equal("rivals.changes", problem.Path);
        Assert.Contains(message, problem.Message);
    }

    [Theory]
    [InlineData("nf_conntrack_tcp_timeout_time_wait", "30")]
    [InlineData("nf_conntrack_tcp_timeout_established", "2147483")]
    [InlineData("net.netfilter.nf_conntrack_tcp_be_liberal", "1")]
    [InlineData("net.ipv4.vs.expire_nodest_conn", "1")]
    [InlineData("net.ipv4.vs.sync_threshold", "3 50")]
    [InlineData("net.ipv4.vs.est_cpulist", "0-3,8")]
    [InlineData("net.ipv4.vs.est_nice", "-20")]
    [InlineData("net.ipv4.vs.lblc_expiration", "8640000")]
    [InlineData("net.ipv4.vs.something_new", "12")]
    [InlineData("net.netfilter.nf_conntrack_tcp_loose", "0")]
    [InlineData("net.ipv4.ip_forward", "1")]
    [InlineData("net.ipv4.conf.all.rp_filter", "2")]
    [InlineData("net.bridge.bridge-nf-call-ip6tables", "1")]
    public void A_value_in_range_is_taken(string name, string value) =>
        Assert.DoesNotContain(ConfigureOne(name, long.TryParse(value, out _) ? value : $"\"{value}\"").Problems, p => p.IsError);

    [Theory]
    [InlineData("""{"profile": "fast"}""", "profile", "one of high-throughput, short-connections is right")]
    [InlineData("""{"sysctls": {"nf_conntrack_max": 1000, "net.nf_conntrack_max": 2000}}""", "sysctls.net.nf_conntrack_max", "same variable as nf_conntrack_max")]
    [InlineData("""{"sysctls": {"nf_conntrack_max": 1}}""", "sysctls", "cut the node off")]
    [InlineData("""{"sysctls": {"nf_conntrack_max": null}}""", "sysctls.nf_conntrack_max", "leave the key out")]
    [InlineData("""{"sysctls": {"nf_conntrack_max": {"atMost": 5}}}""", "sysctls.nf_conntrack_max", "{atLeast: N}")]
    [InlineData("""{"sysctls": {"nf_conntrack_max": 1048576, "nf_conntrack_buckets": 1024}}""", "sysctls", "chains of 2048")]
    [InlineData("""{"adaptive": {"maxMemory": "much"}}""", "adaptive.maxMemory", "512Mi")]
    [InlineData("""{"adaptive": {"high": 0.8, "low": 0.5}}""", "adaptive.low", "at most 0.36 is right")]
    [InlineData("""{"adaptive": {"high": 1.2}}""", "adaptive.high", "above 0 and up to 1")]
    [InlineData("""{"pressure": {"warning": 0.9, "critical": 0.8}}""", "pressure.critical", "above warning")]
    [InlineData("""{"memoryShare": "x"}""", "memoryShare", "not a share")]
    [InlineData("""{"rivals": {"window": "0s"}}""", "rivals.window", "1s or more is right")]
    [InlineData("""{"kind": "Deployment"}""", "kind", "one of KubeProxyConfiguration, ConntrackTunerConfiguration is right")]
    public void A_bad_key_is_refused_with_what_would_be_right(string config, string path, string message)
    {
        var problem = Assert.Single(Configure(config).Problems, p => p.IsError);

        Assert.Equal(path, problem.Path);
        Assert.Contains(message, problem.Message);
    }

    [Theory]
    [InlineData("""{"sysctls": {"nf_conntrack_max": 500000}}""", "raised to a quarter of it, 125000")]
    [InlineData("""{"sysctls": {"nf_conntrack_max": 100000, "nf_conntrack_buckets": 10240}}""", "chains of 18")]
    [InlineData("""{"sysctls": {"nf_conntrack_tcp_timeout_established": 600}}""", "keepalive")]
    [InlineData("""{"sysctls": {"net.ipv4.vs.conntrack": 1}}""", "plugin ipvs")]
    [InlineData("""{"sysctls": {"net.bridge.bridge-nf-call-iptables": 0}}""", "Services' rules")]
    [InlineData("""{"sysctls": {"nf_conntrack_tcp_timeout_established_": 86400}}""", "did you mean net.netfilter.nf_conntrack_tcp_timeout_established?")]
    [InlineData("""{"sysctls": {"net.ipv4.vs.conn_reusemode": 1}}""", "did you mean net.ipv4.vs.conn_reuse_mode?")]
    [InlineData("""{"sysctls": {"net.ipv4.conf.default.rp_filter": 1}}""", "keep it after cleanup")]
    [InlineData("""{"sysctl": {}}""", "did you mean sysctls?")]
    [InlineData("""{"persist": true, "persist": false}""", "is given more than once; the last one counts")]
    public void What_is_doubtful_is_a_warning_and_taken(string config, string message)
    {
        var result = Configure(config);

        Assert.True(result.IsAccepted);
        Assert.Contains(message, Assert.Single(result.Problems).Message);
    }

    [Fact]
    public void Claims_are_exactly_what_is_configured()
    {
        var result = Configure("""{"sysctls": {"nf_conntrack_acct": 1, "net.ipv4.conf.*.rp_filter": 2}}""");

        Assert.Equal(["net/ipv4/conf/*/rp_filter", "net/netfilter/nf_conntrack_acct"], result.Claims.Sysctls);
        Assert.Empty(result.Claims.Files);
    }

    [Fact]
    public void Without_any_configuration_nothing_is_claimed_and_pressure_is_still_seen()
    {
        var node = TunedNode.Create("{}");
        node.Step();

        Assert.Empty(node.Slice.Sysctls.Rows);
        Assert.Equal(1000, node.Gauge("netagent_conntrack_entries"));
    }

    [Fact]
    public void A_file_that_is_not_there_or_does_not_parse_is_named_and_nothing_is_changed()
    {
        var result = new ConntrackTunerPlugin().Configure(new()
        {
            Files = [new() { Path = "/etc/a.yaml" }, new()
            {
                Path = "/etc/b.yaml",
                Exists = true,
                Problem = "line 3: tab where spaces belong",
            }],
        });

        Assert.Equal(["/etc/a.yaml", "/etc/b.yaml"], result.Problems.Select(p => p.Source));
        Assert.True(result.UsesDefaults);
        Assert.Empty(result.Claims.Sysctls);
    }

    [Fact]
    public void A_bad_configuration_later_leaves_the_last_good_one_in_force()
    {
        var node = TunedNode.Create("""{"sysctls": {"nf_conntrack_udp_timeout": 45}}""");
        var result = node.Configure(JsonConfig.Inline("""{"sysctls": {"nf_conntrack_udp_timeout": -1}}"""));
        node.Step();

        Assert.False(result.IsAccepted);
        Assert.False(result.UsesDefaults);
        Assert.Equal("45", node.Sysctls[KnownSysctls.Udp]);
    }

    [Fact]
    public void The_profile_goes_over_kube_proxys_section_and_sysctls_over_the_profile()
    {
        var node = TunedNode.Create();
        var kubeProxy = KubeProxyConntrackTests.File("{}");
        node.Configure(kubeProxy with { Inline = JsonConfig.Parse("""{"profile": "high-throughput", "sysctls": {"nf_conntrack_tcp_timeout_time_wait": 45}}""") });
        node.Step();

        Assert.Equal("1048576", node.Sysctls[TunedNode.Max]);
        Assert.Equal("262144", node.Sysctls[TunedNode.Buckets]);
        Assert.Equal("600", node.Sysctls[TunedNode.Established]);
        Assert.Equal("45", node.Sysctls[TunedNode.TimeWait]);
        Assert.Equal("3600", node.Sysctls[KnownSysctls.CloseWait]);
    }

    internal static ConfigNode Mapping(string key, ConfigNode value) => new() { Kind = ConfigNodeKind.Mapping, Entries = [new(key, 1, value)] };

    private static ConfigurationResult ConfigureOne(string name, string value) => Configure("{\"sysctls\": {\"" + name + "\": " + value + "}}");

    private static ConfigurationResult Configure(string json) => new ConntrackTunerPlugin().Configure(JsonConfig.Inline(json));
}
