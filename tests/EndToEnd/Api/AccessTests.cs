using NetAgent.TestKit;
using NetAgent.TestKit.Api;

namespace NetAgent.EndToEnd.Tests.Api;

/// <summary>What the server lets the agent do, with the rules that the agent is deployed with.</summary>
[Collection("Api server"), Trait("Category", "Api")]
public sealed class AccessTests(ApiServerFixture fixture)
{
    private readonly RealApiServer _server = fixture.Server;

    [Fact]
    public async Task The_deployed_roles_are_enough_for_everything_and_allow_nothing_beyond()
    {
        var space = "netagent";
        await _server.KubectlAsync($"apply --validate=false -f {RepositoryRoot.Path}/deploy/kustomize/base/namespace.yaml");
        await _server.KubectlAsync($"apply --validate=false -n {space} -f {RepositoryRoot.Path}/deploy/kustomize/base/rbac.yaml");
        var token = await _server.TokenAsync(space, "netagent", DateTimeOffset.MaxValue.AddYears(-7000));
        await using var agent = new Follower(new()
        {
            NodeName = "node-1",
            Kubeconfig = _server.WriteKubeconfig("agent.conf", $"{{token: {token}}}"),
        });
        await agent.Until("everything", s => s.Node is not null);
        agent.Source.Events.Post(false, "Started", "netagent runs");
        await RealApiServer.UntilAsync("the event", () => Task.FromResult(agent.Source.Events.Written + agent.Source.Events.Dropped == 1));
        agent.Source.Events.Post(false, "Started", "netagent runs");
        await RealApiServer.UntilAsync("its repeat", () => Task.FromResult(agent.Source.Events.Written + agent.Source.Events.Dropped == 2));
        Assert.Equal(0, agent.Source.Events.Dropped);
        var account = $"--as=system:serviceaccount:{space}:netagent";
        foreach (var forbidden in (string[])["list secrets -A", "create services", "delete endpointslices.discovery.k8s.io", "update nodes", "list configmaps -A", "list pods -A"])
        {
            var answer = await Assert.ThrowsAsync<InvalidOperationException>(() => _server.KubectlAsync($"auth can-i {forbidden} {account}"));
            Assert.Contains("ended with 1", answer.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Without_permission_nothing_is_complete_and_the_problem_names_it()
    {
        await _server.KubectlAsync("create serviceaccount nobody -n netagent-system");
        var token = await _server.TokenAsync("netagent-system", "nobody", DateTimeOffset.MaxValue.AddYears(-7000));
        await using var agent = new Follower(new() { NodeName = "node-1", Kubeconfig = _server.WriteKubeconfig("nobody.conf", $"{{token: {token}}}") });
        await RealApiServer.UntilAsync("the problems", () => Task.FromResult(agent.Source.Problems.Count == 3));
        Assert.False(agent.IsComplete);
        Assert.Contains("services is forbidden", agent.Source.Problems[2].Message, StringComparison.Ordinal);
        Assert.Contains("ClusterRole", agent.Source.Problems[2].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_that_expires_is_read_again_from_its_file()
    {
        await _server.KubectlAsync("create serviceaccount rotating -n netagent-system");
        await _server.KubectlAsync("create clusterrolebinding rotating --clusterrole=cluster-admin --serviceaccount=netagent-system:rotating");
        var file = Path.Combine(_server.Folder, "token");
        // The server allows a minute of leeway and remembers a good token for ten seconds: this one ends in about five.
        await File.WriteAllTextAsync(file, await _server.TokenAsync("netagent-system", "rotating", Now().AddSeconds(-52)), TestContext.Current.CancellationToken);
        await using var proxy = await FaultyProxy.StartAsync(_server);
        await using var agent = new Follower(new() { NodeName = "node-1", Kubeconfig = _server.WriteKubeconfig("rotating.conf", "{tokenFile: token}", proxy.Url) });
        await agent.Until("the first lists", _ => true);
        await Task.Delay(TimeSpan.FromSeconds(22), TestContext.Current.CancellationToken);
        proxy.IsCut = true;
        proxy.IsCut = false;
        await RealApiServer.UntilAsync("refusals", () => Task.FromResult(agent.Source.Problems.Any(p => p.Message.Contains("401", StringComparison.Ordinal))));
        await File.WriteAllTextAsync(file, await _server.TokenAsync("netagent-system", "rotating", Now().AddHours(1)), TestContext.Current.CancellationToken);
        await Objects.ApplyAsync(_server, Objects.Service("rotated"));
        await agent.Until("a change under the new token", s => s.Services.ContainsKey(new("default", "rotated")));
        Assert.All(agent.Source.Status, s => Assert.Equal(1, s.Lists));
        await _server.KubectlAsync("delete service rotated");
    }

    [Fact]
    public async Task A_certificate_from_another_authority_is_refused_and_named()
    {
        using var key = System.Security.Cryptography.RSA.Create(2048);
        var request = new System.Security.Cryptography.X509Certificates.CertificateRequest("CN=other", key,
            System.Security.Cryptography.HashAlgorithmName.SHA256, System.Security.Cryptography.RSASignaturePadding.Pkcs1);
        using var other = request.CreateSelfSigned(Now().AddDays(-1), Now().AddDays(1));
        await File.WriteAllTextAsync(Path.Combine(_server.Folder, "other.crt"), other.ExportCertificatePem(), TestContext.Current.CancellationToken);
        var kubeconfig = _server.WriteKubeconfig("wrong-ca.conf", "{token: admin-token}");
        await File.WriteAllTextAsync(kubeconfig, (await File.ReadAllTextAsync(kubeconfig, TestContext.Current.CancellationToken))
            .Replace("certs/apiserver.crt", "other.crt", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        await using var agent = new Follower(new() { NodeName = "node-1", Kubeconfig = kubeconfig });
        await RealApiServer.UntilAsync("the problems", () => Task.FromResult(agent.Source.Problems.Count == 3));
        Assert.Contains("certificate", agent.Source.Problems[0].Message, StringComparison.Ordinal);
        Assert.False(agent.IsComplete);
    }

    private static DateTimeOffset Now() => TimeProvider.System.GetUtcNow();
}
