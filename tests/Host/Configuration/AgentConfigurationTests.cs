using NetAgent.Cluster.Yaml;
using NetAgent.Contracts;
using NetAgent.Host.Configuration;

namespace NetAgent.Host.Tests.Configuration;

public sealed class AgentConfigurationTests
{
    private const string Head = "apiVersion: netagent.io/v1alpha1\nkind: NetAgentConfiguration\n";

    [Fact]
    public void Defaults_are_those_of_kube_proxy_where_it_has_them()
    {
        var agent = Accept("");

        Assert.Equal("127.0.0.1:10249", agent.Metrics!.ToString());
        Assert.Equal("0.0.0.0:10256", agent.Healthz!.ToString());
        Assert.Equal(TimeSpan.FromSeconds(60), agent.VerifyPeriod);
        Assert.Equal(TimeSpan.FromMinutes(15), agent.DrainLimit);
        Assert.Equal("/var/lib/netagent", agent.StateDirectory);
        Assert.Empty(agent.Plugins);
    }

    [Fact]
    public void Everything_that_can_be_said_is_read()
    {
        var agent = Accept("""
            plugins:
            - name: ipvs
              configFile: proxy.yaml
              nodeSelector: {node-role: edge}
              onDisable: retain
              required: false
              rollout: {percent: 5, salt: x}
            - name: masq-agent
              config: {masqLinkLocal: true}
              args: [--enable-ipv6, --to-ports=1024-29999]
            cluster: {kubeconfig: /etc/kc, context: lab}
            metricsBindAddress: ""
            healthzBindAddress: "[::1]:10256"
            minSyncPeriod: 500ms
            verifyPeriod: 1m30s
            drainLimit: 0
            stateDirectory: state
            pluginDirectory: /p
            dropIn: {directory: /d, digests: /d.sha256}
            rollout: {percent: 12.5, salt: may}
            confirmWithin: 2m
            logging: {format: json, level: debug}
            """);

        var ipvs = agent.Plugins[0];
        Assert.Equal(["/conf/proxy.yaml"], ipvs.Files);
        Assert.Equal([new Label("node-role", "edge")], ipvs.NodeSelector);
        Assert.Equal(OnDisable.Retain, ipvs.OnDisable);
        Assert.False(ipvs.IsRequired);
        Assert.Equal(new Rollout(5, "x"), ipvs.Rollout);
        Assert.Equal(["--enable-ipv6", "--to-ports=1024-29999"], agent.Plugins[1].Arguments);
        Assert.Equal("masqLinkLocal", agent.Plugins[1].Inline!.Entries[0].Key);
        Assert.Equal(new ClusterSettings("/etc/kc", "lab", null), agent.Cluster);
        Assert.Null(agent.Metrics);
        Assert.Equal("[::1]:10256", agent.Healthz!.ToString());
        Assert.Equal(TimeSpan.FromMilliseconds(500), agent.MinSyncPeriod);
        Assert.Equal(TimeSpan.FromSeconds(90), agent.VerifyPeriod);
        Assert.Equal(TimeSpan.Zero, agent.DrainLimit);
        Assert.Equal("/conf/state", agent.StateDirectory);
        Assert.Equal(new DropInSettings("/d", "/d.sha256"), agent.DropIn);
        Assert.Equal(new Rollout(12.5, "may"), agent.Rollout);
        Assert.Equal(TimeSpan.FromMinutes(2), agent.ConfirmWithin);
        Assert.Equal(new LoggingSettings("json", "debug"), agent.Logging);
    }

    [Theory]
    [InlineData("{role: }")]
    [InlineData("{role: ''}")]
    public void A_label_without_a_value_is_one_with_an_empty_value_as_Kubernetes_reads_it(string selector) =>
        Assert.Equal([new Label("role", "")], Accept($"plugins: [{{name: ipvs, nodeSelector: {selector}}}]").Plugins[0].NodeSelector);

    [Theory]
    [InlineData("plugins: [{name: ipvs, confgFile: x}]", "agent.yaml:3: plugins[0].confgFile: is unknown and has no effect; did you mean configFile?")]
    [InlineData("metricBindAddress: x", "agent.yaml:3: metricBindAddress: is unknown and has no effect; did you mean metricsBindAddress?")]
    [InlineData("plugins: [{name: a, nodeSelector: {a: b, a: c}}]", "agent.yaml:3: plugins[0].nodeSelector.a: is given more than once; the last one counts")]
    [InlineData("verifyPeriod: 1m\nverifyPeriod: 2m", "agent.yaml:4: verifyPeriod: is given more than once; the last one counts")]
    public void An_unknown_key_or_one_given_twice_is_a_warning(string yaml, string warning)
    {
        var result = Read(yaml);

        Assert.NotNull(result.Configuration);
        Assert.Equal(warning, Assert.Single(result.Problems).ToString());
    }

    [Theory]
    [InlineData("verifyPeriod: 5", "agent.yaml:3: verifyPeriod: '5' is not a duration: its unit is missing (ns, us, ms, s, m, h), as in 5s")]
    [InlineData("verifyPeriod: 10ms", "agent.yaml:3: verifyPeriod: '10ms' is out of range; 1s to 24h is right")]
    [InlineData("healthzBindAddress: localhost:1", "agent.yaml:3: healthzBindAddress: 'localhost:1' is not ADDRESS:PORT such as 0.0.0.0:10256; \"\" switches the server off")]
    [InlineData("plugins: [{name: ipvs, onDisable: keep}]", "agent.yaml:3: plugins[0].onDisable: 'keep' is not known; one of cleanup, retain is right")]
    [InlineData("plugins: [{name: ipvs, required: maybe}]", "agent.yaml:3: plugins[0].required: 'maybe' is not true or false; write one of them, without quotes")]
    [InlineData("plugins: [{name: a, nodeSelector: {a: {b: c}}}]", "agent.yaml:3: plugins[0].nodeSelector.a: a mapping is not a text; write a single value")]
    [InlineData("plugins: [{name: a, nodeSelector: {a: b, d: [x, y]}}]", "agent.yaml:3: plugins[0].nodeSelector.d: a list is not a text; write a single value")]
    [InlineData("plugins: ipvs", "agent.yaml:3: plugins: 'ipvs' is not a list; write [a, b], or lines that start with '- '")]
    [InlineData("plugins: [ipvs]", "agent.yaml:3: plugins[0]: 'ipvs' is not a mapping; keys with values belong here")]
    [InlineData("plugins: [{name: a}, {name: a}]", "agent.yaml:3: plugins[1].name: plugin 'a' is listed twice; keep one entry")]
    [InlineData("plugins: [{name: ../x}]", "agent.yaml:3: plugins[0].name: '../x' is not a plugin's name: lower-case letters, digits and dashes, as the folder below the plugin directory")]
    [InlineData("rollout: {percent: 101}", "agent.yaml:3: rollout.percent: '101' is out of range; 0 to 100 is right")]
    [InlineData("cluster: {kubeconfig: a, manifests: b}", "agent.yaml:3: cluster.manifests: kubeconfig is given too; the cluster comes from one of them")]
    [InlineData("plugins: [{name: a, isolation: container}]", "agent.yaml:3: plugins[0].isolation: 'container' is not known; one of inProcess, process is right")]
    [InlineData("plugins: [{name: a, isolation: process, memoryLimit: 1Mi}]", "agent.yaml:3: plugins[0].memoryLimit: '1Mi' is out of range; 32Mi to 64Gi is right")]
    [InlineData("plugins: [{name: a, memoryLimit: 64Mi}]", "agent.yaml:3: plugins[0].memoryLimit: a limit needs `isolation: process`; the agent's own process has one memory for all")]
    public void A_wrong_value_is_refused_with_file_line_key_value_and_what_would_be_right(string yaml, string error)
    {
        var result = Read(yaml);

        Assert.Null(result.Configuration);
        Assert.Contains(error, result.Errors.Select(problem => problem.ToString()));
    }

    [Fact]
    public void All_mistakes_are_found_in_one_pass()
    {
        Assert.Equal(3, Read("verifyPeriod: x\nminSyncPeriod: y\nlogging: {level: loud}").Errors.Count());
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("kind: NetAgentConfiguration")]
    [InlineData("apiVersion: netagent.io/v1\nkind: NetAgentConfiguration")]
    public void A_file_that_is_something_else_is_refused(string text)
    {
        Assert.Null(AgentConfigurationReader.Read(ConfigNodeReader.Read(text).Root, "agent.yaml", "/conf").Configuration);
    }

    [Fact]
    public void The_standard_configuration_is_valid_and_runs_the_proxy()
    {
        var result = AgentConfigurationReader.Read(StandardConfiguration.File.Root, "", "/");

        Assert.Empty(result.Problems);
        Assert.Equal("ipvs", Assert.Single(result.Configuration!.Plugins).Name);
    }

    private static AgentConfiguration Accept(string yaml)
    {
        var result = Read(yaml);
        Assert.Empty(result.Problems);
        return result.Configuration!;
    }

    private static AgentConfigurationResult Read(string yaml) => AgentConfigurationReader.Read(ConfigNodeReader.Read(Head + yaml).Root, "agent.yaml", "/conf");
}
