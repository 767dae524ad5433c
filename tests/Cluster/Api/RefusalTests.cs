using System.Net;
using NetAgent.Cluster.Api;
using static NetAgent.Cluster.Tests.Api.ScriptedServer;

namespace NetAgent.Cluster.Tests.Api;

/// <summary>What people read when the server says no, or is none.</summary>
public sealed class RefusalTests
{
    private const string Forbidden = """{"kind":"Status","message":"x is forbidden","reason":"Forbidden","code":403}""";

    private static string Said(Resource resource, string body, HttpStatusCode code, string? location = null) => FetchErrors.Describe(resource,
        ApiStatus.Read(body, code, null, "apis/discovery.k8s.io/v1/endpointslices", location is null ? null : new(location))).Message;

    [Theory]
    [InlineData(404, "<html>", "HTTP 404 Not Found without a Status object: this does not look like an API server, or like one that has no /apis/discovery.k8s.io/v1/endpointslices; check the server's URL")]
    [InlineData(404, "{}", "HTTP 404 Not Found without a Status object: this does not look like")]
    [InlineData(302, "", "HTTP 302 Found to https://login.example/: this does not look like an API server")]
    [InlineData(403, "nginx", "HTTP 403 Forbidden without a Status object: this does not look like an API server")]
    [InlineData(503, "", "HTTP 503 Service Unavailable without a Status object, so perhaps not from the API server but from a load balancer")]
    [InlineData(429, "Too many requests, please try again later.", "HTTP 429 Too Many Requests")]
    [InlineData(500, """{"kind":"Status","message":"etcd is away","code":500}""", "the API server refused (500): etcd is away", true)]
    [InlineData(410, """{"kind":"Status","message":"too old","reason":"Expired","code":410}""", "the API server refused (410 Expired): too old", true)]
    public void An_answer_that_no_API_server_gives_is_not_reported_as_a_refusal_of_one(int code, string body, string text, bool isWhole = false)
    {
        var said = Said(Resource.Services, body, (HttpStatusCode)code, code == 302 ? "https://login.example/" : null);
        Assert.StartsWith(text, said, StringComparison.Ordinal);
        Assert.DoesNotContain(" )", said, StringComparison.Ordinal);
        Assert.True(!isWhole || said == text, said);
    }

    [Fact]
    public void A_missing_right_is_to_be_given_where_the_documents_have_it()
    {
        Assert.Equal("x is forbidden; the agent's ClusterRole must allow list and watch", Said(Resource.Services, Forbidden, HttpStatusCode.Forbidden));
        Assert.Equal("x is forbidden; a Role in namespace netagent, bound to the agent, must allow list and watch of configmaps with resourceNames [masq]",
            Said(Resource.ConfigMap(new("netagent", "masq")), Forbidden, HttpStatusCode.Forbidden));
    }

    [Fact]
    public async Task A_ConfigMap_that_is_missing_is_told_from_one_without_the_key()
    {
        var there = await ReadAsync("""{"metadata":{"name":"map","namespace":"a","resourceVersion":"5"},"data":{"x.yaml":"1","y":"2"} }""");
        Assert.Null(there.Text);
        Assert.Equal(["x.yaml", "y"], there.Keys!);
        Assert.Null((await ReadAsync()).Keys);
    }

    private static async Task<ConfigMapText> ReadAsync(params string[] items)
    {
        await using var server = await ScriptedServer.StartAsync();
        server.On("configmaps", Refuses(422, "Invalid"), Says(List("7", null, items)));
        var kubeconfig = Path.GetTempFileName();
        await File.WriteAllTextAsync(kubeconfig, $$"""
            current-context: c
            contexts: [{name: c, context: {cluster: k} }]
            clusters: [{name: k, cluster: {server: "{{server.Url}}"} }]
            """, TestContext.Current.CancellationToken);
        await using var maps = new ConfigMaps(new() { NodeName = "n", Kubeconfig = kubeconfig });
        File.Delete(kubeconfig);
        return await KnownAsync(maps, "map");
    }

    private static async Task<ConfigMapText> KnownAsync(ConfigMaps maps, string name)
    {
        for (var tries = 0; !maps.Read(new("a", name), "z").IsKnown; tries++)
        {
            Assert.True(tries < 3000, string.Join("; ", maps.Problems));
            await Task.Delay(10);
        }
        return maps.Read(new("a", name), "z");
    }
}
