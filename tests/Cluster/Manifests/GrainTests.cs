namespace NetAgent.Cluster.Tests.Manifests;

/// <summary>What a bad value costs, at the finest grain that opens nothing; and what a folder is that holds something else than manifests.</summary>
public sealed class GrainTests : IDisposable
{
    private const string Node = "{apiVersion: v1, kind: Node, metadata: {name: node-1}}\n---\n";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("grain");

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }

    private (ClusterSnapshot Snapshot, string[] Problems) Read(string node = "node-1")
    {
        var source = new ManifestSource(_folder.FullName, node, File.ReadAllBytes);
        source.ReadOnce();
        return (source.Store.Take(0), [.. source.Problems.Select(problem => problem.ToString().Replace($"{_folder.FullName}/", "", StringComparison.Ordinal))]);
    }

    private static string Web(string spec, string metadata = "") =>
        $"{{apiVersion: v1, kind: Service, metadata: {{name: web{metadata}}}, spec: {{clusterIP: 10.96.0.10, ports: [{{port: 80}}]{spec}}}}}\n";

    private static string Slice(string rest = "addressType: IPv4, ports: [{port: 8080}], endpoints: [{addresses: [10.244.1.5]}]", string labels = "kubernetes.io/service-name: web") =>
        $"{{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {{name: web-1, labels: {{{labels}}} }}, {rest}}}\n";

    [Theory]
    [InlineData(", sessionAffinity: clientip", "spec.sessionAffinity: 'clientip': must be one of None, ClientIP; this field is left out")]
    [InlineData(", sessionAffinity: [ClientIP]", "spec.sessionAffinity: '[…]': must be text; this field is left out")]
    [InlineData(", healthCheckNodePort: 70000", "spec.healthCheckNodePort: '70000': must be a port, a number from 0 to 65535; this port is left out")]
    public void A_bad_value_that_has_no_rows_costs_itself_and_withholds_nothing(string spec, string problem)
    {
        Write("a.yaml", Node + Web(spec));
        var (snapshot, problems) = Read();
        Assert.Equal(0, Assert.Single(snapshot.State.Services.Values).Service.SessionAffinitySeconds);
        Assert.Equal([$"a.yaml, document 2, Service default/web: {problem}"], problems);
        Assert.True(snapshot.Unread.IsNone);
    }

    [Fact]
    public void A_bad_time_of_an_affinity_is_the_default()
    {
        Write("a.yaml", Node + Web(", sessionAffinity: ClientIP, sessionAffinityConfig: {clientIP: {timeoutSeconds: 0}}"));
        var (snapshot, problems) = Read();
        Assert.Equal(10800, Assert.Single(snapshot.State.Services.Values).Service.SessionAffinitySeconds);
        Assert.Contains("spec.sessionAffinityConfig.clientIP.timeoutSeconds: '0': must be a time in seconds", Assert.Single(problems), StringComparison.Ordinal);
    }

    [Fact]
    public void A_label_that_is_a_number_costs_itself_as_kubectl_names_it()
    {
        Write("a.yaml", Node.Replace("node-1", "node-1, labels: {x: 1}", StringComparison.Ordinal) + Web("", ", labels: {version: 1.0}") + "---\n" + Slice(labels: "kubernetes.io/service-name: web, x: yes"));
        var (snapshot, problems) = Read();
        Assert.Single(Assert.Single(snapshot.State.Services.Values).Slices);
        Assert.NotNull(snapshot.State.Node);
        Assert.True(snapshot.Unread.IsNone);
        Assert.Equal(
            [
                "a.yaml, document 1, Node node-1: metadata.labels.x: '1': must be text; in YAML put it in quotes; this label is left out",
                "a.yaml, document 2, Service default/web: metadata.labels.version: '1.0': must be text; in YAML put it in quotes; this label is left out",
                "a.yaml, document 3, EndpointSlice default/web-1: metadata.labels.x: 'yes': must be text; in YAML put it in quotes; this label is left out",
            ], problems);
    }

    [Fact]
    public void The_label_that_names_the_Service_cannot_be_done_without()
    {
        var path = Write("a.yaml", Node + Slice(labels: "kubernetes.io/service-name: 5"));
        Assert.Equal([path], Read().Snapshot.Unread.Places);
    }

    [Fact]
    public void A_list_of_external_addresses_that_is_none_costs_itself()
    {
        Write("a.yaml", Node + Web(", externalIPs: 192.0.2.50"));
        var (snapshot, problems) = Read();
        Assert.Single(snapshot.State.Services);
        Assert.Equal([new("default", "web")], snapshot.Unread.Services);
        Assert.Equal(["a.yaml, document 2, Service default/web: spec.externalIPs: '192.0.2.50': must be a list; this list is left out"], problems);
    }

    [Fact]
    public void A_bad_clusterIP_of_the_second_family_leaves_the_first_in()
    {
        Write("a.yaml", Node + Web(", clusterIPs: [10.96.0.10, 'fd00:x']"));
        var (snapshot, problems) = Read();
        Assert.Equal(["10.96.0.10"], Assert.Single(snapshot.State.Services.Values).Service.ClusterIPs.Select(address => address.ToString()));
        Assert.Equal([new("default", "web")], snapshot.Unread.Services);
        Assert.Equal(["a.yaml, document 2, Service default/web: spec.clusterIPs[1]: 'fd00:x': must be an IP address; this address is left out"], problems);
    }

    [Fact]
    public void What_turned_bad_while_the_agent_runs_keeps_what_it_was()
    {
        var time = new Clock();
        var source = new ManifestSource(_folder.FullName, "node-1", File.ReadAllBytes, time);
        Write("a.yaml", Node + Web(", sessionAffinity: ClientIP, healthCheckNodePort: 30000, externalIPs: [192.0.2.1, 192.0.2.2], clusterIPs: [10.96.0.10, 'fd00::10']"));
        source.ReadOnce();
        var was = source.Store.Take(0).State.Services.Values.Single().Service;
        Write("a.yaml", Node + Web(", sessionAffinity: clientip, healthCheckNodePort: x, externalIPs: 192.0.2.1, clusterIPs: [10.96.0.10, fd00:10]"));
        source.ReadOnce();
        time.Now += TimeSpan.FromSeconds(2);
        source.ReadOnce();
        Assert.Equal(4, source.Problems.Count);
        Assert.Equal(was, source.Store.Take(0).State.Services.Values.Single().Service);
    }

    [Theory]
    [InlineData("addressType: IPv4, ports: [{port: 8080}]", "endpoints: must be given; [] for none")]
    [InlineData("addressType: IPv4, ports: [], endpoints: [{addresses: [10.244.1.5]}]", "ports: must be given, or none of the endpoints serves anything")]
    [InlineData("addressType: IPv4, endpoints: [{addresses: [10.244.1.5]}]", "ports: must be given, or none of the endpoints serves anything")]
    public void A_slice_without_what_an_API_server_always_gives_is_unread(string rest, string problem)
    {
        Write("a.yaml", Node + Web("") + "---\n" + Slice(rest));
        var (snapshot, problems) = Read();
        Assert.Equal([new("default", "web")], snapshot.Unread.Endpoints);
        Assert.Equal([$"a.yaml, document 3, EndpointSlice default/web-1: {problem}"], problems);
    }

    [Theory]
    [InlineData("addressType: IPv4, ports: [], endpoints: []", "kubernetes.io/service-name: web")]
    [InlineData("addressType: IPv4, ports: [], endpoints: null", "kubernetes.io/service-name: web")]
    [InlineData("addressType: IPv4, ports: [], endpoints: []", "a: b")]
    [InlineData("addressType: IPv4, ports: [], endpoints: [{addresses: [10.244.1.5]}]", "kubernetes.io/service-name: web, service.kubernetes.io/headless: ''")]
    public void A_slice_of_which_nothing_is_served_as_it_is_meant_is_read(string rest, string labels)
    {
        Write("a.yaml", Node + Slice(rest, labels));
        var (snapshot, problems) = Read();
        Assert.True(snapshot.Unread.IsNone);
        Assert.Empty(problems);
    }

    [Fact]
    public void Endpoints_of_no_Service_may_be_any_Services()
    {
        var path = Write("a.yaml", Node + Slice(labels: "a: b"));
        var (snapshot, problems) = Read();
        Assert.Equal([path], snapshot.Unread.Places);
        Assert.Equal(["a.yaml, document 2, EndpointSlice default/web-1: metadata.labels.kubernetes.io/service-name: must be given: the Service whose endpoints these are"], problems);
    }

    [Theory]
    [InlineData("ports: [{port: 80}]", true)]
    [InlineData("clusterIP: '', ports: [{port: 80}]", true)]
    [InlineData("clusterIP: None, ports: [{port: 80}]", false)]
    [InlineData("type: ExternalName, externalName: example.org", false)]
    public void A_Service_for_which_no_API_server_allocates_an_address_is_unread(string spec, bool isUnread)
    {
        Write("a.yaml", Node + $"{{apiVersion: v1, kind: Service, metadata: {{name: web}}, spec: {{{spec}}}}}\n");
        var (snapshot, problems) = Read();
        Assert.Equal(isUnread ? [new("default", "web")] : [], snapshot.Unread.Services);
        Assert.Equal(isUnread ? ["a.yaml, document 2, Service default/web: spec.clusterIP: must be given, for no API server stands here to allocate one; None for a headless Service"] : [], problems);
    }

    [Theory]
    [InlineData("0x0af4010d")]
    [InlineData("1e3")]
    [InlineData("yes")]
    public void A_value_is_quoted_as_it_was_written(string value)
    {
        Write("a.yaml", Node + Web("") + "---\n" + Slice($"addressType: IPv4, ports: [{{port: 8080}}], endpoints: [{{addresses: [10.244.1.5]}}, {{addresses: [{value}]}}]"));
        Assert.Equal([$"a.yaml, document 3, EndpointSlice default/web-1: endpoints[1].addresses[0]: '{value}': must be an IP address; this endpoint is left out"], Read().Problems);
    }

    [Fact]
    public void A_bad_Node_is_not_no_Node()
    {
        Write("a.yaml", "{apiVersion: v1, kind: Node, metadata: {name: node-1}, spec: {podCIDRs: [10.244.1.0/33]}}\n");
        var (snapshot, problems) = Read();
        Assert.Null(snapshot.State.Node);
        Assert.Equal(["a.yaml, document 1, Node node-1: spec.podCIDRs[0]: '10.244.1.0/33': must be a prefix such as 10.244.1.0/24"], problems);
    }

    [Theory]
    [InlineData("node-1", "Node-1", "'Node-1' this one (--node-name)?")]
    [InlineData("worker-7", "node-1", "it holds node-1 (--node-name)")]
    public void Who_is_not_among_the_Nodes_is_told_which_are(string wanted, string written, string said)
    {
        Write("a.yaml", Node.Replace("node-1", written, StringComparison.Ordinal));
        Assert.Contains(said, Assert.Single(Read(wanted).Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_folder_is_said_to_be_empty()
    {
        Write("readme.txt", "no manifest");
        Assert.Equal([$"{_folder.FullName}: is empty: it holds no .yaml, .yml or .json file"], Read().Problems);
    }

    [Theory]
    [InlineData("web.YAML")]
    [InlineData("web.Yml")]
    public void A_name_in_capitals_counts_as_well(string name)
    {
        Write("a.yaml", Node);
        Write(name, Web(""));
        Assert.Single(Read().Snapshot.State.Services);
    }

    [Fact]
    public void A_folder_that_bears_a_manifests_name_and_a_link_that_leads_nowhere_are_unread()
    {
        Write("a.yaml", Node);
        var folder = _folder.CreateSubdirectory("web.yaml").FullName;
        var link = Path.Combine(_folder.FullName, "x.yaml");
        File.CreateSymbolicLink(link, "nowhere.yaml");
        var (snapshot, problems) = Read();
        Assert.Equal([folder, link], snapshot.Unread.Places);
        Assert.Equal(2, problems.Length);
        Assert.Contains("web.yaml: is a folder, of which nothing is read; manifests stand in files", problems);
    }

    [Theory]
    [InlineData("# nothing yet\n", "holds no object; delete it if nothing is to stand in it")]
    [InlineData("---\n# nothing yet\n---\n", "holds no object; delete it if nothing is to stand in it")]
    [InlineData("---\nnull\n", "holds no object; delete it if nothing is to stand in it")]
    [InlineData("  \n", "is empty; delete it if nothing is to stand in it")]
    public void A_file_of_comments_looks_like_one_that_is_half_written(string text, string problem)
    {
        Write("a.yaml", Node);
        var path = Write("b.yaml", text);
        var (snapshot, problems) = Read();
        Assert.Equal([path], snapshot.Unread.Places);
        Assert.Equal([$"b.yaml: {problem}"], problems);
    }

    [Theory]
    [InlineData("apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {clusterIP: 10.96.0.10}\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n",
        "b.yaml, document 1: apiVersion: stands there twice, on lines 1 and 5; where an object ends and the next begins, a line of three dashes belongs")]
    [InlineData("{apiVersion: apps/v1, kind: Deployment, kind: Service}\n",
        "b.yaml, document 1: kind: stands there twice; where an object ends and the next begins, a line of three dashes belongs")]
    [InlineData("{apiVersion: v1, kind: Service, metadata: {name: web, name: db}, spec: {clusterIP: 10.96.0.10}}\n", "b.yaml, document 1, Service default/db: metadata.name: stands there twice")]
    [InlineData("{apiVersion: v1, kind: List}\n", "b.yaml, document 1, List: items: must be a list of objects; [] for none")]
    [InlineData("{apiVersion: v1, kind: List, items: {}}\n", "b.yaml, document 1, List: items: must be a list of objects; [] for none")]
    [InlineData("apiVersion: v1\nkind: List\nitems:\n", "b.yaml, document 1, List: items: must be a list of objects; [] for none")]
    [InlineData("{apiVersion: v1, kind: ServiceList, items: foo}\n", "b.yaml, document 1, ServiceList: items: 'foo': must be a list of objects; [] for none")]
    [InlineData("{kind: ServiceList}\n", "b.yaml, document 1, ServiceList: items: must be a list of objects; [] for none")]
    [InlineData("{apiVersion: v1, kind: list, items: []}\n", "b.yaml, document 1, list: kind: 'list': is no kind of Kubernetes'; did you mean List?")]
    [InlineData("{apiVersion: v2, kind: ServiceList, items: [{metadata: {name: web}}]}\n", "b.yaml, document 1, items[0], Service: apiVersion: 'v2': must be v1")]
    public void A_key_that_stands_twice_and_a_List_without_items_may_have_held_anything(string text, string problem)
    {
        Write("a.yaml", Node);
        var path = Write("b.yaml", text);
        var (snapshot, problems) = Read();
        Assert.Equal([path], snapshot.Unread.Places);
        Assert.Equal([problem], problems);
    }

    [Fact]
    public void A_key_that_stands_twice_within_a_Service_costs_that_Service()
    {
        Write("a.yaml", Node + "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {\n clusterIP: 10.96.0.10, ports: [{port: 80}],\n clusterIP: 10.96.0.11}}\n---\n" + Web("").Replace("web", "db", StringComparison.Ordinal));
        var (snapshot, problems) = Read();
        Assert.Equal([new("default", "web")], snapshot.Unread.Services);
        Assert.Equal([new("default", "db")], snapshot.State.Services.Keys);
        Assert.Equal(["a.yaml, document 2, Service default/web: spec.clusterIP: stands there twice, on lines 4 and 5"], problems);
    }

    [Fact]
    public void Items_of_a_ServiceList_need_neither_kind_nor_apiVersion_as_the_API_gives_them()
    {
        Write("a.yaml", Node);
        Write("b.json", """{"kind": "ServiceList", "apiVersion": "v1", "metadata": {}, "items": [{"metadata": {"name": "web"}, "spec": {"clusterIP": "10.96.0.10", "ports": [{"port": 80}]}}]}""");
        Write("c.json", """{"kind": "EndpointSliceList", "apiVersion": "discovery.k8s.io/v1", "items": [{"metadata": {"name": "web-1", "labels": {"kubernetes.io/service-name": "web"}}, "addressType": "IPv4", "endpoints": null, "ports": null}]}""");
        var (snapshot, problems) = Read();
        Assert.Empty(problems);
        Assert.Single(Assert.Single(snapshot.State.Services.Values).Slices);
    }

    [Theory]
    [InlineData("{apiVersion: example.org/v1, kind: AllowList}\n")]
    [InlineData("{apiVersion: serving.knative.dev/v1, kind: ServiceList}\n")]
    [InlineData("{apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {a: 1, a: 2}}\n")]
    public void What_others_have_wrong_is_theirs(string text)
    {
        Write("a.yaml", Node + text);
        var (snapshot, problems) = Read();
        Assert.True(snapshot.Unread.IsNone);
        Assert.Empty(problems);
    }

    [Fact]
    public void A_List_of_nothing_says_so()
    {
        Write("a.yaml", Node + "{apiVersion: v1, kind: List, items: []}\n");
        Write("b.json", """{"apiVersion": "v1", "kind": "List", "items": []}""");
        Assert.True(Read().Snapshot.Unread.IsNone);
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
