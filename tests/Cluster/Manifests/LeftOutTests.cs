namespace NetAgent.Cluster.Tests.Manifests;

/// <summary>A bad part of an object costs that part alone, and is named by its path.</summary>
public sealed class LeftOutTests : IDisposable
{
    private const string Node = "{apiVersion: v1, kind: Node, metadata: {name: node-1}}\n---\n";
    private const string Web = "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {clusterIP: 10.96.0.10, ports: [{port: 80}]}}\n---\n";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("left-out");

    private ClusterSnapshot Read(string text, out string[] problems, ManifestSource? source = null)
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "a.yaml"), Node + text);
        source ??= Source();
        source.ReadOnce();
        problems = [.. source.Problems.Select(problem => problem.ToString().Replace($"{_folder.FullName}/", "", StringComparison.Ordinal))];
        return source.Store.Take(0);
    }

    private ManifestSource Source() => new(_folder.FullName, "node-1", File.ReadAllBytes);

    private static string Slice(string endpoints, string ports = "{port: 8080}", string type = "IPv4") =>
        $"{{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {{name: web-1, labels: {{kubernetes.io/service-name: web}} }}, endpoints: [{endpoints}], ports: [{ports}], addressType: {type} }}\n";

    private static string Of(string spec, string status = "") =>
        $"{{apiVersion: v1, kind: Service, metadata: {{name: web}}, spec: {{clusterIP: 10.96.0.10, {spec} }}, status: {{loadBalancer: {{ingress: [{status}]}} }} }}\n";

    private static string[] Endpoints(ClusterSnapshot snapshot) =>
        [.. snapshot.State.Services.Values.Single().Slices.SelectMany(slice => slice.Endpoints).Select(endpoint => endpoint.Address.ToString())];

    [Theory]
    [InlineData("{addresses: [not-an-ip]}", "endpoints[1].addresses[0]: 'not-an-ip': must be an IP address; this endpoint is left out")]
    [InlineData("{addresses: [10.244.1.300]}", "endpoints[1].addresses[0]: '10.244.1.300': must be an IP address; this endpoint is left out")]
    [InlineData("{addresses: 10.244.1.11}", "endpoints[1].addresses: '10.244.1.11': must be a list; this endpoint is left out")]
    [InlineData("{addresses: [10.244.1.11], conditions: {ready: perhaps}}", "endpoints[1].conditions.ready: 'perhaps': must be true or false; this endpoint is left out")]
    [InlineData("{address: [10.244.1.11]}", "endpoints[1].addresses: must be given: a list with an IP address; this endpoint is left out")]
    [InlineData("{addresses: []}", "endpoints[1].addresses: must be given: a list with an IP address; this endpoint is left out")]
    [InlineData("{addresses: ['fd00:10:244:1::11']}", "endpoints[1].addresses[0]: 'fd00:10:244:1::11': must be an IPv4 address, as addressType says; this endpoint is left out")]
    [InlineData("10.244.1.11", "endpoints[1]: '10.244.1.11': must be a mapping; this endpoint is left out")]
    [InlineData("[{a: [b]}]", "endpoints[1]: '[…]': must be a mapping; this endpoint is left out")]
    public void A_bad_endpoint_leaves_the_good_ones_in(string bad, string problem)
    {
        var snapshot = Read(Web + Slice($"{{addresses: [10.244.1.10]}}, {bad}, {{addresses: [10.244.1.12]}}"), out var problems);
        Assert.Equal(["10.244.1.10", "10.244.1.12"], Endpoints(snapshot));
        Assert.Equal([$"a.yaml, document 3, EndpointSlice default/web-1: {problem}"], problems);
        Assert.Equal([new("default", "web")], snapshot.Unread.Endpoints);
        Assert.Empty(snapshot.Unread.Services);
    }

    [Fact]
    public void Problems_of_one_slice_come_in_its_order_whatever_their_kind()
    {
        Read(Web + Slice("{addresses: [10.244.1.300]}, {addresses: ['fd00::1']}, {addresses: 10.244.1.11}, {addresses: [x]}"), out var problems);
        Assert.Equal([0, 1, 2, 3], problems.Select(problem => problem[problem.IndexOf("endpoints[", StringComparison.Ordinal) + 10] - '0'));
    }

    [Theory]
    [InlineData("externalTrafficPolice: Local", "spec.externalTrafficPolice: is no field of it and left out; did you mean externalTrafficPolicy?")]
    [InlineData("SessionAffinity: ClientIP", "spec.SessionAffinity: is no field of it and left out; did you mean sessionAffinity?")]
    public void A_misspelt_field_without_which_nothing_opens_costs_itself(string slip, string problem)
    {
        var snapshot = Read(Of($"ports: [{{port: 80}}], {slip}"), out var problems);
        Assert.Single(snapshot.State.Services);
        Assert.Equal([$"a.yaml, document 2, Service default/web: {problem}"], problems);
        Assert.Equal([new("default", "web")], snapshot.Unread.Services);
    }

    [Fact]
    public void Fields_of_a_later_Kubernetes_are_no_slips()
    {
        Read(Of("ports: [{port: 80, tls: {}}], loadBalancerMode: x, trafficSpread: y"), out var problems);
        Assert.Empty(problems);
    }

    [Fact]
    public void A_bad_port_of_a_slice_leaves_the_others_in()
    {
        var snapshot = Read(Web + Slice("{addresses: [10.244.1.10]}", "{name: a, port: 70000}, {name: b, port: 8080}, {name: c, port: 1, protocol: tcp}"), out var problems);
        Assert.Equal(["b"], snapshot.State.Services.Values.Single().Slices[0].Ports.Select(port => port.Name));
        Assert.Equal(2, problems.Length);
        Assert.EndsWith("ports[0].port: '70000': must be a port, a number from 0 to 65535; this port is left out", problems[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_host_name_is_no_bad_address_where_the_slice_says_so()
    {
        Read(Web + Slice("{addresses: [db.example.org]}", type: "FQDN"), out var problems);
        Assert.Empty(problems);
    }

    [Theory]
    [InlineData("{port: 70000}", "spec.ports[1].port: '70000': must be a port, a number from 1 to 65535; this port is left out")]
    [InlineData("{name: a}", "spec.ports[1].port: must be given, a number from 1 to 65535; this port is left out")]
    [InlineData("{port: 81, protocol: tcp}", "spec.ports[1].protocol: 'tcp': must be one of TCP, UDP, SCTP; this port is left out")]
    [InlineData("{port: 81, nodePort: -1}", "spec.ports[1].nodePort: '-1': must be a port, a number from 0 to 65535; this port is left out")]
    public void A_bad_port_of_a_Service_leaves_the_others_in(string bad, string problem)
    {
        var snapshot = Read(Of($"ports: [{{port: 80}}, {bad}, {{name: c, port: 82}}]"), out var problems);
        Assert.Equal([80, 82], snapshot.State.Services.Values.Single().Service.Ports.Select(port => (int)port.Port));
        Assert.Equal([$"a.yaml, document 2, Service default/web: {problem}"], problems);
        Assert.Equal([new("default", "web")], snapshot.Unread.Services);
    }

    [Fact]
    public void A_bad_external_or_load_balancer_address_leaves_the_others_in()
    {
        var snapshot = Read(Of("ports: [{port: 80}], externalIPs: [192.0.2.1, 192.0.2, 192.0.2.3]", "{ip: 203.0.113.x}, {ip: 203.0.113.2}, {ip: 203.0.113.3, ipMode: Vip}"), out var problems);
        var service = snapshot.State.Services.Values.Single().Service;
        Assert.Equal(["192.0.2.1", "192.0.2.3"], service.ExternalIPs.Select(address => address.ToString()));
        Assert.Equal(["203.0.113.2"], service.LoadBalancerIngress.Select(entry => entry.Address.ToString()));
        Assert.Equal(
            [
                "a.yaml, document 2, Service default/web: spec.externalIPs[1]: '192.0.2': must be an IP address; this address is left out",
                "a.yaml, document 2, Service default/web: status.loadBalancer.ingress[0].ip: '203.0.113.x': must be an IP address; this address is left out",
                "a.yaml, document 2, Service default/web: status.loadBalancer.ingress[2].ipMode: 'Vip': must be one of VIP, Proxy; this address is left out",
            ], problems);
    }

    [Theory]
    [InlineData("ports: [{port: 80}], loadBalancerSourceRanges: [198.51.100.0/24, 8]", "spec.loadBalancerSourceRanges[1]: '8'")]
    [InlineData("ports: [{port: 80}], loadBalancerSourceRanges: 198.51.100.0/24", "spec.loadBalancerSourceRanges: '198.51.100.0/24'")]
    public void Nothing_opens_a_list_of_source_ranges_that_is_none_refuses_the_Service(string spec, string problem)
    {
        var snapshot = Read(Of(spec), out var problems);
        Assert.Empty(snapshot.State.Services);
        Assert.Contains(problem, Assert.Single(problems), StringComparison.Ordinal);
    }

    [Fact]
    public void Leading_zeros_are_decimal_and_a_mapped_IPv4_address_is_IPv4_as_kube_proxy_reads_them()
    {
        var snapshot = Read(Web + Slice("{addresses: [010.244.001.011]}, {addresses: ['::ffff:10.244.1.10']}"), out var problems);
        Assert.Equal(["10.244.1.11", "10.244.1.10"], Endpoints(snapshot));
        Assert.Empty(problems);
    }

    [Fact]
    public void A_part_that_turns_bad_keeps_what_it_was_and_more_that_goes_goes()
    {
        var source = Source();
        Read(Web + Slice("{addresses: [10.244.1.10]}, {addresses: [10.244.1.11]}"), out _, source);

        var snapshot = Read(Web + Slice("{addresses: [10.244.1.10]}, {addresses: [10.244.1.1l]}, {addresses: [10.244.1.12]}"), out var problems, source);
        problems = ReadAgain(source, ref snapshot);
        Assert.Equal(["10.244.1.10", "10.244.1.12", "10.244.1.11"], Endpoints(snapshot));
        Assert.Contains("'10.244.1.1l'", Assert.Single(problems), StringComparison.Ordinal);
        Assert.True(snapshot.Unread.IsNone);

        snapshot = Read(Web + Slice("{addresses: [10.244.1.2O]}, {addresses: [10.244.1.21]}"), out _, source);
        Assert.Equal(["10.244.1.21"], Endpoints(snapshot));
    }

    [Fact]
    public void A_list_of_bad_endpoints_is_not_a_flood_of_problems()
    {
        Read(Web + Slice(string.Join(", ", Enumerable.Range(0, 1000).Select(i => $"{{addresses: [x{i}]}}"))), out var problems);
        Assert.Equal(11, problems.Length);
        Assert.EndsWith("990 more of its parts are bad and left out", problems[^1], StringComparison.Ordinal);
    }

    // Broken since a moment ago may be half saved: only after a second it counts.
    private static string[] ReadAgain(ManifestSource source, ref ClusterSnapshot snapshot)
    {
        for (var start = System.Diagnostics.Stopwatch.StartNew(); source.Problems.Count == 0 && start.Elapsed < TimeSpan.FromSeconds(30); Thread.Sleep(50))
        {
            source.ReadOnce();
        }
        snapshot = source.Store.Take(0);
        return [.. source.Problems.Select(problem => problem.ToString())];
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
