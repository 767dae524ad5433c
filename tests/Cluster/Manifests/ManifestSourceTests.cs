using System.Diagnostics;
using NetAgent.Contracts;

namespace NetAgent.Cluster.Tests.Manifests;

public sealed class ManifestSourceTests : IDisposable
{
    private const string Node = """
        apiVersion: v1
        kind: Node
        metadata: {name: node-1, labels: {topology.kubernetes.io/zone: zone-a, b: "1"}}
        spec: {podCIDR: 10.244.1.0/24, podCIDRs: [10.244.1.0/24, "fd00:10:244:1::/64"], taints: [{key: t, effect: NoSchedule}]}
        status: {addresses: [{type: ExternalIP, address: 203.0.113.1}, {type: InternalIP, address: 192.0.2.11}, {type: Hostname, address: node-1}]}

        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("manifests");

    private static string Service(string name, string address = "10.96.0.10", string more = "") => $$"""
        apiVersion: v1
        kind: Service
        metadata: {name: {{name}} }
        spec: {clusterIP: {{address}}, ports: [{port: 80}]{{more}} }

        """;

    private static string Slice(string name, string service, string address = "10.244.1.5") => $$"""
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: {{name}}, labels: {kubernetes.io/service-name: {{service}} } }
        addressType: IPv4
        ports: [{port: 8080}]
        endpoints: [{addresses: [ {{address}} ]}]

        """;

    private static NamespacedName Named(string name) => new("default", name);

    private string Write(string file, params string[] documents)
    {
        var path = Path.Combine(_folder.FullName, file);
        File.WriteAllText(path, string.Join("---\n", documents));
        return path;
    }

    private (ManifestSource Source, ClusterState State) Read(string? path = null)
    {
        var source = new ManifestSource(path ?? _folder.FullName, "node-1", File.ReadAllBytes);
        source.ReadOnce();
        return (source, source.Store.Take(0).State);
    }

    [Fact]
    public async Task Labels_and_annotations_asked_for_later_are_read_from_files_that_have_not_changed()
    {
        Write("a.yaml", Node, Service("web").Replace("{name: web }", "{name: web, labels: {app: web, tier: x}, annotations: {a/b: c, netagent.io/scheduler: wrr} }"),
            Slice("web-1", "web").Replace("labels: {", "annotations: {a/b: d}, labels: {app: slice, "));
        await using var source = new ManifestSource(_folder.FullName, "node-1", File.ReadAllBytes);
        using var stop = new CancellationTokenSource();
        var run = source.RunAsync(stop.Token);
        async Task<ServiceEndpoints> WebAsync(Func<ClusterSnapshot, bool> isSo)
        {
            for (var seen = 0L; ;)
            {
                var snapshot = source.Store.Take(0);
                if (isSo(snapshot))
                {
                    return snapshot.State.Services[Named("web")];
                }
                seen = snapshot.State.Revision;
                await source.Store.WaitAsync(seen, TestContext.Current.CancellationToken);
            }
        }
        var web = await WebAsync(snapshot => snapshot.IsComplete);
        Assert.Equal(([], [new Label("netagent.io/scheduler", "wrr")], []), (web.Service.Labels, web.Service.Annotations, web.Slices[0].Labels));

        source.Store.Want(new(["app"], ["a/*"]));
        web = await WebAsync(snapshot => snapshot.Kept.Covers(new(["app"], ["a/*"])));
        Assert.Equal(([new Label("app", "web")], [new Label("a/b", "c")]), (web.Service.Labels, web.Service.Annotations));
        Assert.Equal(([new Label("app", "slice")], [new Label("a/b", "d")]), (web.Slices[0].Labels, web.Slices[0].Annotations));
        await stop.CancelAsync();
        await run;
    }

    [Fact]
    public void A_folder_of_yaml_and_json_with_lists_and_several_documents_is_read_as_kubectl_does()
    {
        Write("a.yaml", Node, Service("web"), Slice("web-1", "web"));
        Write("b.json", """{"kind": "List", "apiVersion": "v1", "items": [{"kind": "Service", "apiVersion": "v1", "metadata": {"name": "db", "namespace": "x"}, "spec": {"clusterIP": "10.96.0.11", "ports": [{"port": 1}]}}]}""");
        Write("c.yml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata: {k: v}\n", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\n");
        Write("d.txt", Service("not-read"));
        Directory.CreateDirectory(Path.Combine(_folder.FullName, "sub"));
        Write("sub/e.yaml", Service("not-read-either"));
        var (source, state) = Read();
        Assert.Empty(source.Problems);
        Assert.True(source.Store.IsComplete);
        Assert.Equal(1, source.IgnoredObjects);
        Assert.Equal([Named("web"), new("x", "db")], state.Services.Keys.Order());
        Assert.Equal("v", source.Store.Take(0).ConfigMaps[Named("m")].Texts["k"]);
        var slice = Assert.Single(state.Services[Named("web")].Slices);
        Assert.Equal(new EndpointPort("", IpProtocol.Tcp, 8080), slice.Ports[0]);
        Assert.Equal(new Endpoint { Address = InetAddress.Parse("10.244.1.5"), IsReady = true, IsServing = true }, slice.Endpoints[0]);
    }

    [Theory]
    [InlineData("service.kubernetes.io/headless: ''", 0)]
    [InlineData("service.kubernetes.io/headless: 'false'", 0)]
    [InlineData("service.kubernetes.io/headless: ", 0)]
    [InlineData("service.kubernetes.io/service-proxy-name: other", 1)]
    public void A_slice_that_a_label_calls_headless_is_left_out_whatever_its_value_and_one_of_another_proxy_is_not(string label, int slices)
    {
        Write("a.yaml", Service("web"), Slice("web-1", "web").Replace("labels: {", $"labels: {{{label}, ", StringComparison.Ordinal));
        Assert.Equal(slices, Read().State.Services[Named("web")].Slices.Count);
    }

    [Theory]
    [InlineData("010.000.000.000/8", "10.0.0.0/8")]
    [InlineData("10.0.0.0/08", "10.0.0.0/8")]
    [InlineData(" 192.000.002.010/032 ", "192.0.2.10/32")]
    [InlineData("2001:db8::/032", "2001:db8::/32")]
    [InlineData("0.0.0.0/00", "0.0.0.0/0")]
    [InlineData(" 10.0.0.0/8", " 10.0.0.0/8")]
    [InlineData("10.0.0.0/33", "10.0.0.0/33")]
    [InlineData("010.0.0.0/-8", "010.0.0.0/-8")]
    [InlineData("010.0.0.256/8", "010.0.0.256/8")]
    [InlineData("010.0.0.0", "010.0.0.0")]
    public void Leading_zeros_of_a_source_range_are_decimal_as_kube_proxy_reads_them_and_what_is_no_network_stays_as_written(string written, string read)
    {
        Write("a.yaml", Service("web", more: $", loadBalancerSourceRanges: ['{written}']"));
        Assert.Equal([read], Read().State.Services[Named("web")].Service!.LoadBalancerSourceRanges);
    }

    [Fact]
    public void The_node_has_internal_addresses_first_and_its_labels_taints_and_prefixes()
    {
        Write("a.yaml", Node);
        var node = Read().State.Node!;
        Assert.Equal(["192.0.2.11", "203.0.113.1"], node.Addresses.Select(a => a.ToString()));
        Assert.Equal("zone-a", node.Zone);
        Assert.Equal(["10.244.1.0/24", "fd00:10:244:1::/64"], node.PodCIDRs.Select(p => p.ToString()));
        Assert.Equal(["t"], node.TaintKeys);
    }

    [Theory]
    [InlineData("spec: {clusterIP: 10.96.0}", "spec.clusterIP: '10.96.0': must be an IP address")]
    [InlineData("spec: {clusterIPs: [10.96.0.1, 10.96.0.2]}", "spec.clusterIPs[1]: '10.96.0.2': must be of another family")]
    [InlineData("spec: {type: nodeport}", "spec.type: 'nodeport': must be one of ClusterIP, NodePort, LoadBalancer, ExternalName")]
    [InlineData("spec: {ports: 80}", "spec.ports: '80': must be a list")]
    [InlineData("status: {loadBalancer: [{ip: x}]}", "status.loadBalancer: '[…]': must be a mapping")]
    public void A_bad_field_is_named_with_file_document_object_and_value_and_the_rest_goes_in(string body, string message)
    {
        Write("a.yaml", Node, $"apiVersion: v1\nkind: Service\nmetadata: {{name: bad}}\n{body}\n", Service("good"));
        var (source, state) = Read();
        var problem = Assert.Single(source.Problems).ToString();
        Assert.StartsWith($"{_folder.FullName}/a.yaml, document 2, Service default/bad: ", problem, StringComparison.Ordinal);
        Assert.Contains(message, problem, StringComparison.Ordinal);
        Assert.Equal([Named("good")], state.Services.Keys);
    }

    [Fact]
    public void A_label_that_yaml_reads_as_boolean_is_a_problem_as_it_is_to_kubectl()
    {
        Write("a.yaml", Node, "apiVersion: v1\nkind: Service\nmetadata: {name: web, labels: {x: yes}}\nspec: {clusterIP: 10.96.0.10}\n");
        Assert.Contains("metadata.labels.x: 'yes': must be text; in YAML put it in quotes", Assert.Single(Read().Source.Problems).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_old_apiVersion_or_none_is_named_rather_than_ignored()
    {
        Write("a.yaml", Node, "apiVersion: discovery.k8s.io/v1beta1\nkind: EndpointSlice\n", "kind: Service\n", "a: b\n", "- 1\n");
        Assert.Equal(4, Read().Source.Problems.Count);
    }

    [Fact]
    public void Defaults_are_the_api_servers()
    {
        Write("a.yaml", Node, Service("web", more: ", sessionAffinity: ClientIP"));
        var service = Read().State.Services[Named("web")].Service;
        Assert.Equal(10800, service.SessionAffinitySeconds);
        Assert.Equal([InetAddress.Parse("10.96.0.10")], service.ClusterIPs);
        Assert.Equal([new ServicePort("", IpProtocol.Tcp, 80)], service.Ports);
        Assert.False(service.ExternalTrafficPolicyLocal || service.InternalTrafficPolicyLocal || service.IsHeadless);
    }

    [Fact]
    public void Of_an_object_that_stands_twice_the_last_file_in_order_counts_and_it_is_reported()
    {
        Write("b.yaml", Service("web", "10.96.0.2"));
        Write("a.yaml", Node, Service("web", "10.96.0.1"));
        var (source, state) = Read();
        Assert.Equal("10.96.0.2", state.Services[Named("web")].Service.ClusterIPs[0].ToString());
        Assert.Equal(ProblemReason.ObjectTwice, Assert.Single(source.Problems).Reason);
        var problem = source.Problems[0].ToString();
        Assert.Contains("b.yaml", problem, StringComparison.Ordinal);
        Assert.Contains("stands also in", problem, StringComparison.Ordinal);
        Assert.Contains("a.yaml, document 2", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_complete_while_the_path_does_not_exist()
    {
        var (source, _) = Read(Path.Combine(_folder.FullName, "nowhere"));
        Assert.False(source.Store.IsComplete);
        Assert.Contains("no such file", Assert.Single(source.Problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_breaks_keeps_its_last_good_objects_until_it_is_whole_again()
    {
        var path = Write("a.yaml", Node, Service("one"), Service("two"));
        await using var running = new RunningSource(new(_folder.FullName, "node-1", File.ReadAllBytes));
        await running.Until(s => s.Services.Count == 2);
        File.WriteAllText(path, string.Join("---\n", Node, Service("three"), "kind: [\n"));
        await running.Until(s => s.Services.Count == 3);
        Assert.Contains("document 3", Assert.Single(running.Source.Problems).ToString(), StringComparison.Ordinal);
        File.WriteAllText(path, string.Join("---\n", Node, Service("three")));
        await running.Until(s => s.Services.Count == 1);
        Assert.Empty(running.Source.Problems);
    }

    [Fact]
    public async Task A_file_that_is_empty_because_it_is_being_written_drops_nothing()
    {
        var path = Write("a.yaml", Node, Service("one"), Service("two"));
        await using var running = new RunningSource(new(_folder.FullName, "node-1", File.ReadAllBytes));
        await running.Until(s => s.Services.Count == 2);
        File.WriteAllText(path, "");
        Write("b.yaml", Service("three"));
        await running.Until(s => s.Services.Count == 3);
        await running.UntilProblem("is empty now");
        File.WriteAllText(path, string.Join("---\n", Node, Service("one")));
        await running.Until(s => s.Services.Count == 2);
    }

    [Fact]
    public async Task A_bad_object_keeps_its_own_last_good_version_and_others_still_go()
    {
        var path = Write("a.yaml", Node, Service("one"), Service("two"));
        await using var running = new RunningSource(new(_folder.FullName, "node-1", File.ReadAllBytes));
        await running.Until(s => s.Services.Count == 2);
        File.WriteAllText(path, string.Join("---\n", Node, Service("one", "10.96.0")));
        await running.Until(s => s.Services.Count == 1);
        Assert.True(running.State.Services.ContainsKey(Named("one")));
    }

    [Fact]
    public async Task Files_that_come_and_go_are_followed()
    {
        Write("a.yaml", Node);
        await using var running = new RunningSource(new(_folder.FullName, "node-1", File.ReadAllBytes));
        await running.Until(s => s.Node is not null);
        Write("b.yaml", Service("web"), Slice("web-1", "web"));
        await running.Until(s => s.Services.ContainsKey(Named("web")));
        Write("b.yaml", Service("web"), Slice("web-1", "web", "10.244.1.6"));
        await running.Until(s => s.Services[Named("web")].Slices[0].Endpoints[0].Address.ToString() == "10.244.1.6");
        File.Delete(Path.Combine(_folder.FullName, "b.yaml"));
        await running.Until(s => s.Services.IsEmpty);
    }

    [Fact]
    public async Task A_swap_of_the_kubelets_data_link_is_one_change()
    {
        string Version(string name, string address)
        {
            var folder = Directory.CreateDirectory(Path.Combine(_folder.FullName, name));
            File.WriteAllText(Path.Combine(folder.FullName, "a.yaml"), Node + "---\n" + Service("web", address));
            return name;
        }
        var link = Path.Combine(_folder.FullName, "..data");
        File.CreateSymbolicLink(link, Version("..1", "10.96.0.1"));
        File.CreateSymbolicLink(Path.Combine(_folder.FullName, "a.yaml"), "..data/a.yaml");
        await using var running = new RunningSource(new(_folder.FullName, "node-1", File.ReadAllBytes));
        await running.Until(s => s.Services.Count == 1);
        File.CreateSymbolicLink(link + "_tmp", Version("..2", "10.96.0.2"));
        using (var move = Process.Start("mv", ["-T", link + "_tmp", link]))
        {
            move.WaitForExit();
        }
        await running.Until(s => s.Services[Named("web")].Service.ClusterIPs[0].ToString() == "10.96.0.2");
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private sealed class RunningSource : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _run;

        public RunningSource(ManifestSource source)
        {
            Source = source;
            _run = source.RunAsync(_stop.Token);
        }

        public ManifestSource Source { get; }

        public ClusterState State { get; private set; } = ClusterState.Empty;

        public async Task Until(Func<ClusterState, bool> reached)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            while (!reached(State))
            {
                await Source.Store.WaitAsync(State.Revision, limit.Token);
                State = Source.Store.Take(State.Revision).State;
            }
        }

        public async Task UntilProblem(string text)
        {
            for (var start = Stopwatch.StartNew(); !Source.Problems.Any(problem => problem.ToString().Contains(text, StringComparison.Ordinal));)
            {
                Assert.True(start.Elapsed < TimeSpan.FromSeconds(30), $"no problem says '{text}'");
                await Task.Delay(20);
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _run;
            _stop.Dispose();
        }
    }
}
