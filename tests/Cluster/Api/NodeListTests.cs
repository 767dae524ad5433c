namespace NetAgent.Cluster.Tests.Api;

public sealed class NodeListTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("nodes");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task All_Nodes_come_over_all_pages_not_this_one_alone()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.On("nodes", ScriptedServer.Says(ScriptedServer.List("7", "more", Node("node-1", "192.0.2.11"))),
            ScriptedServer.Says(ScriptedServer.List("7", null, Node("node-2", "192.0.2.12"))));

        var nodes = await NodeList.FromServerAsync(Options(server), TestContext.Current.CancellationToken);

        Assert.Equal(["node-1 192.0.2.11", "node-2 192.0.2.12"], nodes.Select(node => $"{node.Name} {node.Addresses[0]}"));
        Assert.Equal(["nodes?limit=500", "nodes?continue=more&limit=500"], server.Requests);
    }

    [Fact]
    public async Task Without_the_right_to_list_them_it_is_an_IO_error_that_says_so()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.On("nodes", ScriptedServer.Refuses(403, "Forbidden"));

        var refused = await Assert.ThrowsAsync<IOException>(() => NodeList.FromServerAsync(Options(server), TestContext.Current.CancellationToken));
        Assert.Contains("must allow list", refused.Message);
    }

    [Fact]
    public void Manifests_hold_other_Nodes_too()
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "nodes.json"), ScriptedServer.List("1", null, Manifest("node-1", "192.0.2.11"), Manifest("node-2", "192.0.2.12")));

        Assert.Equal(["node-1", "node-2"], NodeList.FromManifests(_folder.FullName, File.ReadAllBytes).Select(node => node.Name));
        Assert.Throws<IOException>(() => NodeList.FromManifests(Path.Combine(_folder.FullName, "none"), File.ReadAllBytes));
    }

    private ApiServerOptions Options(ScriptedServer server)
    {
        var kubeconfig = Path.Combine(_folder.FullName, "kubeconfig");
        File.WriteAllText(kubeconfig, $$"""
            {"clusters": [{"name": "c", "cluster": {"server": "{{server.Url}}"} }], "users": [{"name": "u", "user": {"token": "t"} }],
             "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"} }], "current-context": "x"}
            """);
        return new() { NodeName = "", Kubeconfig = kubeconfig };
    }

    private static string Node(string name, string address) =>
        $$"""{"metadata":{"name":"{{name}}"},"status":{"addresses":[{"type":"InternalIP","address":"{{address}}"}]} }""";

    private static string Manifest(string name, string address) => """{"apiVersion":"v1","kind":"Node",""" + Node(name, address)[1..];
}
