using NetAgent.Deploy.Tests.Chart;
using NetAgent.TestKit;
using NetAgent.TestKit.Api;

namespace NetAgent.Deploy.Tests.Server;

/// <summary>What a real API server says of the manifests, by its own dry run: helm's does not validate.</summary>
[Collection("Api server")]
public sealed class DryRunTests(ApiServerFixture fixture)
{
    private readonly RealApiServer _server = fixture.Server;

    [Theory, InlineData("default"), InlineData("everything"), InlineData("beside-a-proxy")]
    public async Task The_server_takes_what_the_chart_renders(string name)
    {
        var manifests = Helm.Template("--values", Path.Combine(RepositoryRoot.Path, $"tests/Deploy/Chart/Golden/{name}.values.yaml"));
        await AssertTaken(await _server.KubectlAsync("apply --dry-run=server -f -", manifests));
    }

    [Theory, InlineData("kube-proxy-replacement"), InlineData("beside-a-proxy"), InlineData("metallb"), InlineData("legacy-iptables")]
    public async Task The_server_takes_each_overlay(string overlay)
    {
        var manifests = string.Join('\n', Kustomize.Deployed(overlay).Select(manifest => manifest.ToJsonString()));
        await AssertTaken(await _server.KubectlAsync("apply --dry-run=server -f -", manifests));
    }

    [Fact]
    public async Task Such_a_dry_run_refuses_a_pod_that_no_server_takes()
    {
        var manifests = Helm.Template("--set", "legacyIptables=true").Replace("port: 10270", "port: 99999", StringComparison.Ordinal);
        var refusal = await Assert.ThrowsAnyAsync<Exception>(() => _server.KubectlAsync("apply --dry-run=server -f -", manifests));
        Assert.Contains("must be between 1 and 65535", refusal.Message, StringComparison.Ordinal);
    }

    private async Task AssertTaken(string answer)
    {
        Assert.Contains("daemonset.apps/", answer, StringComparison.Ordinal);
        Assert.All(answer.Trim().Split('\n'), line => Assert.EndsWith("(server dry run)", line, StringComparison.Ordinal));
        // It was one.
        Assert.Equal(0, await _server.CountAsync("apis/apps/v1/daemonsets"));
    }
}
