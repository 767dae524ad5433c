using System.Text.Json;

namespace NetAgent.EndToEnd.Tests.Api;

/// <summary>The agent's and a plugin's configuration from ConfigMaps through the API, under just the rights that docs/rbac.md names for it.</summary>
[Collection("Api server"), Trait("Category", "Api")]
public sealed class ConfigMapTests(ApiServerFixture fixture, ITestOutputHelper output)
{
    private const string Rights = """
        apiVersion: v1
        kind: ServiceAccount
        metadata: { name: reader, namespace: netagent-system }
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: Role
        metadata: { name: netagent-configuration, namespace: netagent-system }
        rules:
        - { apiGroups: [""], resources: [configmaps], resourceNames: [netagent, ip-masq-agent], verbs: [list, watch] }
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: RoleBinding
        metadata: { name: netagent-configuration, namespace: netagent-system }
        roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: netagent-configuration }
        subjects: [{ kind: ServiceAccount, name: reader, namespace: netagent-system }]
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRoleBinding
        metadata: { name: netagent-reader }
        roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: netagent }
        subjects: [{ kind: ServiceAccount, name: reader, namespace: netagent-system }]
        """;

    [Fact]
    public async Task Configuration_comes_through_the_API_and_changes_reach_the_kernel_at_once()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root to make a network namespace");
        var server = fixture.Server;
        await server.KubectlAsync("apply -f -", Rights);
        await server.KubectlAsync($"apply -f {TestKit.RepositoryRoot.Path}/deploy/kustomize/namespace.yaml -f {TestKit.RepositoryRoot.Path}/deploy/kustomize/base/rbac.yaml");
        var token = await server.TokenAsync("netagent-system", "reader", TimeProvider.System.GetUtcNow().AddHours(1));
        await using var node = new ApiNode(server, server.WriteKubeconfig("reader.conf", $"{{token: {token}}}"));
        node.Start("configmap:netagent-system/netagent/agent.yaml");

        // It waits for its configuration; what it does not know it does not guess.
        await PutAsync("netagent", "agent.yaml", node.AgentYaml("- { name: masq-agent, configFile: 'configmap:netagent-system/ip-masq-agent/config' }"));
        await PutAsync("ip-masq-agent", "config", "nonMasqueradeCIDRs: [192.0.2.0/24]");
        node.Running.WaitUntil(() => Has(node, "192.0.2.0/24"), TimeSpan.FromSeconds(60), "the first configuration");
        Assert.DoesNotContain("10.0.0.0/8", node.MasqueradeChain(), StringComparison.Ordinal);

        var times = new List<TimeSpan>();
        for (var i = 1; i <= 3; i++)
        {
            times.Add(await node.TimeAsync(() => PutAsync("ip-masq-agent", "config", $"nonMasqueradeCIDRs: [198.51.{i}.0/24]"), () => Has(node, $"198.51.{i}.0/24"), "the changed file"));
        }
        output.WriteLine($"a changed ip-masq-agent ConfigMap is in the kernel after {string.Join(", ", times.Select(time => $"{time.TotalMilliseconds:0}"))} ms");
        Assert.InRange(times.Max(), TimeSpan.Zero, TimeSpan.FromSeconds(2));

        // A bad one leaves the last good in force, as with files.
        await PutAsync("ip-masq-agent", "config", "nonMasqueradeCIDRs: [198.51.3.7/24]");
        node.Running.WaitUntil(() => node.Running.Log.Contains("198.51.3.0/24", StringComparison.Ordinal), TimeSpan.FromSeconds(20), "the corrected value in the message");
        Assert.True(Has(node, "198.51.3.0/24"));
        await PutAsync("netagent", "agent.yaml", "kind: Nonsense");
        node.Running.WaitUntil(() => node.Running.Log.Contains("the last good configuration stays in force", StringComparison.Ordinal), TimeSpan.FromSeconds(20), "the bad agent.yaml is named");
        Assert.True(Has(node, "198.51.3.0/24"));

        // Selection by ConfigMap: the plugin goes and its chain with it.
        var gone = await node.TimeAsync(() => PutAsync("netagent", "agent.yaml", node.AgentYaml("- { name: metallb-arp, config: { mode: all } }")),
            () => node.MasqueradeChain().Length == 0 && node.Sysctl("net/ipv4/conf/all/arp_ignore") == "1", "another plugin by ConfigMap");
        output.WriteLine($"one plugin went and another came {gone.TotalMilliseconds:0} ms after the ConfigMap changed");
        await server.KubectlAsync("delete configmap netagent ip-masq-agent -n netagent-system");
        node.Running.WaitUntil(() => node.Running.Log.Contains("there is no ConfigMap netagent-system/netagent", StringComparison.Ordinal), TimeSpan.FromSeconds(20), "its end is said");
        Assert.Equal("1", node.Sysctl("net/ipv4/conf/all/arp_ignore"));
    }

    [Fact]
    public async Task A_mounted_ConfigMap_that_the_kubelet_swaps_is_picked_up_within_two_seconds()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root to make a network namespace");
        await using var node = new ApiNode(fixture.Server, fixture.Server.AdminKubeconfig);
        var mount = Directory.CreateDirectory(Path.Combine(node.Folder, "masq")).FullName;
        Swap(mount, 1);
        File.CreateSymbolicLink(Path.Combine(mount, "ip-masq-agent"), "..data/ip-masq-agent");
        node.Start(node.WriteFile("agent.yaml", node.AgentYaml("- { name: masq-agent, configFile: masq/ip-masq-agent }")));
        node.Running.WaitUntil(() => Has(node, "198.18.1.0/24"), TimeSpan.FromSeconds(60), "the first configuration");

        for (var i = 2; i <= 4; i++)
        {
            var range = $"198.18.{i}.0/24";
            var took = await node.TimeAsync(() =>
            {
                Swap(mount, i);
                return Task.CompletedTask;
            }, () => Has(node, range), "the swapped file");
            output.WriteLine($"a swapped ..data is in the kernel after {took.TotalMilliseconds:0} ms");
            Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(2));
        }
    }

    // As the kubelet does: a new folder with all files, then one rename of the link to it. Same length, and within one second.
    private static void Swap(string mount, int version)
    {
        var folder = Directory.CreateDirectory(Path.Combine(mount, $"..2026_{version}")).Name;
        File.WriteAllText(Path.Combine(mount, folder, "ip-masq-agent"), $"nonMasqueradeCIDRs: [198.18.{version}.0/24]");
        TestKit.Shell.Run("ln", "-sfn", folder, Path.Combine(mount, "..data_tmp"));
        TestKit.Shell.Run("mv", "-T", Path.Combine(mount, "..data_tmp"), Path.Combine(mount, "..data"));
    }

    private static bool Has(ApiNode node, string range) => node.MasqueradeChain().Contains($"-d {range} ", StringComparison.Ordinal);

    private Task<string> PutAsync(string name, string key, string text) => fixture.Server.KubectlAsync("apply -f -", JsonSerializer.Serialize(new
    {
        apiVersion = "v1",
        kind = "ConfigMap",
        metadata = new { name, @namespace = "netagent-system" },
        data = new Dictionary<string, string> { [key] = text },
    }));
}
