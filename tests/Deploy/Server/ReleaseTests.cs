using System.Text.Json.Nodes;
using NetAgent.Deploy.Tests.Chart;
using NetAgent.TestKit;
using NetAgent.TestKit.Api;

namespace NetAgent.Deploy.Tests.Server;

/// <summary>A release from its installation to its end on a real API server.</summary>
[Collection("Api server")]
public sealed class ReleaseTests(ApiServerFixture fixture)
{
    private readonly RealApiServer _server = fixture.Server;

    [Fact]
    public async Task It_is_installed_upgraded_and_removed_and_the_clusters_own_ConfigMaps_stay_as_they_are()
    {
        await _server.KubectlAsync("apply -f -", """
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kube-proxy", "namespace": "netagent"}, "data": {"config.conf": "mode: ipvs\n"}}
            """);
        var notes = Run("install", "netagent", Helm.Chart, "--set", Helm.Required);
        Assert.Contains("kubectl label node NODE netagent.io/enabled=true", notes, StringComparison.Ordinal);
        Assert.EndsWith(":0.1.0", await ImageAsync(), StringComparison.Ordinal);
        var installed = await ReleasedAsync();
        Assert.Equal(6, installed.Length);

        Run("upgrade", "netagent", Helm.Chart, "--reuse-values", "--set", "image.tag=0.2.0", "--set", "plugins.masq-agent.enabled=false");
        Assert.EndsWith(":0.2.0", await ImageAsync(), StringComparison.Ordinal);
        Assert.Equal(installed, await ReleasedAsync());

        var (code, _, error) = TryRun("upgrade", "netagent", Helm.Chart, "--reuse-values", "--set", "rollout.percent=200");
        Assert.NotEqual(0, code);
        Assert.Contains("/rollout/percent", error, StringComparison.Ordinal);
        Assert.EndsWith(":0.2.0", await ImageAsync(), StringComparison.Ordinal);

        Run("rollback", "netagent", "1");
        Assert.EndsWith(":0.1.0", await ImageAsync(), StringComparison.Ordinal);

        // In the cluster nobody deletes what the DaemonSet owns here, so there is nothing to wait for but the objects themselves.
        Run("uninstall", "netagent");
        Assert.Empty(await ReleasedAsync());
        var own = JsonNode.Parse(await _server.GetAsync("api/v1/namespaces/netagent/configmaps/kube-proxy"))!;
        Assert.Equal("mode: ipvs\n", (string?)own["data"]!["config.conf"]);
    }

    private async Task<string> ImageAsync()
    {
        var set = JsonNode.Parse(await _server.GetAsync("apis/apps/v1/namespaces/netagent/daemonsets/netagent"))!;
        return (string)set["spec"]!["template"]!["spec"]!["containers"]![0]!["image"]!;
    }

    private async Task<string[]> ReleasedAsync()
    {
        var found = new List<string>();
        foreach (var path in (string[])["api/v1/namespaces/netagent/configmaps", "api/v1/namespaces/netagent/serviceaccounts", "apis/apps/v1/namespaces/netagent/daemonsets",
            "apis/rbac.authorization.k8s.io/v1/clusterroles", "apis/rbac.authorization.k8s.io/v1/clusterrolebindings"])
        {
            var list = JsonNode.Parse(await _server.GetAsync($"{path}?labelSelector=app.kubernetes.io%2Finstance%3Dnetagent"))!;
            found.AddRange(list["items"]!.AsArray().Select(item => $"{path}/{(string?)item!["metadata"]!["name"]}"));
        }
        return [.. found.Order(StringComparer.Ordinal)];
    }

    private string Run(params string[] arguments)
    {
        var (code, output, error) = TryRun(arguments);
        Assert.True(code == 0, $"helm {string.Join(' ', arguments)}: {code}\n{output}{error}");
        return output;
    }

    private (int Code, string Output, string Error) TryRun(params string[] arguments) =>
        Shell.TryRun(Helm.Program, [.. arguments, "--namespace", "netagent", "--kubeconfig", _server.AdminKubeconfig]);
}
