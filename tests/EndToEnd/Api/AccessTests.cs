using System.Globalization;
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
        await _server.KubectlAsync($"apply --validate=false -f {RepositoryRoot.Path}/deploy/kustomize/namespace.yaml");
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
        agent.Source.Events.Post(false, "Started", "without the right to say so");
        await RealApiServer.UntilAsync("the refused event", () => Task.FromResult(agent.Source.Events.Refused == 1));
        Assert.Equal(0, agent.Source.Events.Dropped);
    }

    [Fact]
    public async Task One_denied_resource_is_named_with_its_verb_while_the_others_are_followed_and_a_grant_heals_it()
    {
        await _server.KubectlAsync("create serviceaccount half -n netagent-system");
        await _server.KubectlAsync("create clusterrole half --verb=list,watch --resource=services,nodes");
        await _server.KubectlAsync("create clusterrolebinding half --clusterrole=half --serviceaccount=netagent-system:half");
        var token = await _server.TokenAsync("netagent-system", "half", DateTimeOffset.MaxValue.AddYears(-7000));
        await using var agent = new Follower(new() { NodeName = "node-1", Kubeconfig = _server.WriteKubeconfig("half.conf", $"{{token: {token}}}"), LongestBackoff = TimeSpan.FromSeconds(2) });
        await RealApiServer.UntilAsync("the problem", () => Task.FromResult(agent.Source.Problems.Count == 1 && agent.Status("services").IsSynced));
        Assert.Matches("cannot (list|watch) resource \"endpointslices\" in API group \"discovery.k8s.io\".*ClusterRole", agent.Source.Problems[0].Message);
        await Objects.ApplyAsync(_server, Objects.Service("seen"));
        await RealApiServer.UntilAsync("the Service", () => Task.FromResult(agent.State.Services.ContainsKey(new("default", "seen"))));
        Assert.False(agent.IsComplete);
        await _server.KubectlAsync("create clusterrole half-slices --verb=list,watch --resource=endpointslices.discovery.k8s.io");
        await _server.KubectlAsync("create clusterrolebinding half-slices --clusterrole=half-slices --serviceaccount=netagent-system:half");
        await agent.Until("the grant", _ => agent.Source.Problems.Count == 0);
        await _server.KubectlAsync("delete service seen");
    }

    [Fact]
    public async Task An_exec_plugin_signs_in_at_a_real_server()
    {
        await _server.KubectlAsync("create serviceaccount exec -n netagent-system");
        await _server.KubectlAsync("create clusterrolebinding exec --clusterrole=cluster-admin --serviceaccount=netagent-system:exec");
        var token = await _server.TokenAsync("netagent-system", "exec", DateTimeOffset.MaxValue.AddYears(-7000));
        var plugin = Path.Combine(_server.Folder, "sign-in");
        await File.WriteAllTextAsync(plugin, $$"""
            #!/bin/sh
            echo '{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "'"$PREFIX"'{{token[2..]}}"} }'
            """, TestContext.Current.CancellationToken);
        File.SetUnixFileMode(plugin, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var user = $"{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: ./sign-in, interactiveMode: Never, env: [{{name: PREFIX, value: {token[..2]}}}]}} }}";
        await using var agent = new Follower(new() { NodeName = "node-1", Kubeconfig = _server.WriteKubeconfig("exec.conf", user) });
        await agent.Until("everything", s => s.Node is not null);
        Assert.Empty(agent.Source.Problems);
    }

    [Fact]
    public async Task Everything_goes_over_one_connection_and_once_lists_compressed()
    {
        await Objects.ApplyAsync(_server, Objects.Service("wide"));
        var addresses = Enumerable.Range(0, 100).Select(i => $"10.244.7.{i}").ToArray();
        await Parallel.ForAsync(0, 200, TestContext.Current.CancellationToken, async (i, _) =>
            await _server.SendAsync(HttpMethod.Post, Objects.Slices, Objects.Slice($"wide-{i}", "wide", addresses)));
        var plain = (await _server.GetAsync(Objects.Slices)).Length;
        await using var relay = new FreezingRelay(_server.Port);
        await using var agent = new Follower(new() { NodeName = "node-1", Kubeconfig = _server.WriteKubeconfig("wide.conf", "{token: admin-token}", relay.Url) });
        await agent.Until("all slices", s => s.Services.TryGetValue(new("default", "wide"), out var wide) && wide.Slices.Count == 200);
        Assert.Equal(1, relay.Connections); // three watches at once: HTTP/2
        TestContext.Current.TestOutputHelper?.WriteLine($"{plain} bytes of EndpointSlices; {Interlocked.Read(ref relay.Received)} received in all");
        // The server compresses what it sends as a list, and not what it sends as a watch.
        var most = await _server.StreamsListsAsync() ? plain * 5 / 4 : plain / 4;
        Assert.True(Interlocked.Read(ref relay.Received) < most, $"{relay.Received} of {plain} bytes");
        await _server.KubectlAsync("delete service wide");
        await _server.SendAsync(HttpMethod.Delete, Objects.Slices, null);
    }

    [Fact]
    public async Task A_pod_uses_its_service_account_and_reads_its_token_again_when_that_has_expired()
    {
        await _server.KubectlAsync("create serviceaccount rotating -n netagent-system");
        await _server.KubectlAsync("create clusterrolebinding rotating --clusterrole=cluster-admin --serviceaccount=netagent-system:rotating");
        await using var relay = new FreezingRelay(_server.Port);
        // As a pod finds it.
        var folder = Directory.CreateDirectory(Path.Combine(_server.Folder, "serviceaccount")).FullName;
        File.Copy(_server.RootsFile, Path.Combine(folder, "ca.crt"));
        // The server allows a minute of leeway and remembers a good token for ten seconds: this one ends in about five.
        var ending = await WriteTokenAsync(Now().AddSeconds(-52));
        Environment.SetEnvironmentVariable("KUBERNETES_SERVICE_HOST", "127.0.0.1");
        Environment.SetEnvironmentVariable("KUBERNETES_SERVICE_PORT", relay.Port.ToString(CultureInfo.InvariantCulture));
        await using var agent = new Follower(new() { NodeName = "node-1", ServiceAccountFolder = folder });
        await agent.Until("the first lists", _ => true);
        await RealApiServer.UntilAsync("the token to end", async () => !await _server.TakesAsync(ending));
        relay.Cut();
        await RealApiServer.UntilAsync("refusals", () => Task.FromResult(agent.Source.Problems.Any(p => p.Message.Contains("401", StringComparison.Ordinal))));
        await WriteTokenAsync(Now().AddHours(1));
        await Objects.ApplyAsync(_server, Objects.Service("rotated"));
        await agent.Until("a change under the new token", s => s.Services.ContainsKey(new("default", "rotated")));
        Assert.All(agent.Source.Status, s => Assert.Equal(1, s.Lists));
        await _server.KubectlAsync("delete service rotated");

        async Task<string> WriteTokenAsync(DateTimeOffset expires)
        {
            var token = await _server.TokenAsync("netagent-system", "rotating", expires);
            await File.WriteAllTextAsync(Path.Combine(folder, "token"), token, TestContext.Current.CancellationToken);
            return token;
        }
    }

    [Fact]
    public async Task A_client_certificate_renewed_by_rename_is_used_before_the_old_one_ends_and_watches_run_on()
    {
        var end = Now().AddSeconds(25);
        await SwapAsync(_server.IssueClient("first", end));
        await using var relay = new FreezingRelay(_server.Port);
        await using var agent = new Follower(new()
        {
            NodeName = "node-1",
            Kubeconfig = _server.WriteKubeconfig("renewed.conf", "{client-certificate: client-current.pem, client-key: client-current.pem}", relay.Url),
        });
        await agent.Until("the first lists", _ => true);
        Assert.True(Now() < end, "this machine is too slow: the first certificate has ended");
        await SwapAsync(_server.IssueClient("second", Now().AddHours(1)));
        while (Now() < end.AddSeconds(2))
        {
            await Task.Delay(200, TestContext.Current.CancellationToken);
        }

        // A new request, under the new certificate and so over another connection.
        agent.Source.Events.Post(false, "Renewed", "still here");
        await RealApiServer.UntilAsync("the event", () => Task.FromResult(agent.Source.Events.Written + agent.Source.Events.Refused + agent.Source.Events.Dropped == 1));
        Assert.Equal(1, agent.Source.Events.Written);
        await Objects.ApplyAsync(_server, Objects.Service("renewed"));
        await agent.Until("a change", s => s.Services.ContainsKey(new("default", "renewed")));
        Assert.All(agent.Source.Status, s => Assert.Equal((1, 0), (s.Lists, s.Failures)));

        relay.Cut();
        await _server.KubectlAsync("delete service renewed");
        await agent.Until("a change over new connections", s => !s.Services.ContainsKey(new("default", "renewed")));
        Assert.All(agent.Source.Status, s => Assert.Equal(1, s.Lists));
        Assert.Empty(agent.Source.Problems);

        // As the kubelet does: certificate and key in one file, replaced by rename.
        async Task SwapAsync((string Certificate, string Key) pair)
        {
            var file = Path.Combine(_server.Folder, "client-current.pem");
            await File.WriteAllTextAsync(file + ".new", pair.Certificate + "\n" + pair.Key, TestContext.Current.CancellationToken);
            File.Move(file + ".new", file, overwrite: true);
        }
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
        // One, not one for each resource, and it says what to do.
        await RealApiServer.UntilAsync("the problem", () => Task.FromResult(agent.Source.Problems.Count == 1));
        Assert.Equal(NetAgent.Cluster.ProblemReason.ApiServerUnreachable, agent.Source.Problems[0].Reason);
        Assert.Matches($"^API server {_server.Url}: the server's certificate .* is refused: its authority .* is not one that {_server.Folder}/other.crt holds .CN=other.; put this cluster's CA",
            agent.Source.Problems[0].ToString());
        Assert.False(agent.IsComplete);
    }

    private static DateTimeOffset Now() => TimeProvider.System.GetUtcNow();
}
