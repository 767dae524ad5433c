using System.Diagnostics;
using NetAgent.Contracts;

namespace NetAgent.Cluster.Tests.Manifests;

/// <summary>What a source says it could not read, and what it keeps meanwhile.</summary>
public sealed class UnreadTests : IDisposable
{
    private const string Node = "{apiVersion: v1, kind: Node, metadata: {name: node-1}}\n";
    private const string Web = "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {clusterIP: 10.96.0.10, ports: [{port: 80}]}}\n";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("unread");
    private int _reads;

    private static string Slice(string address = "10.244.1.5", string type = "IPv4") =>
        $$"""{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: web-1, labels: {kubernetes.io/service-name: web} }, addressType: {{type}}, ports: [{port: 8080}], endpoints: [{addresses: ["{{address}}"]}]}""" + "\n";

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }

    private ManifestSource Source(string? path = null) => new(path ?? _folder.FullName, "node-1", file =>
    {
        Interlocked.Increment(ref _reads);
        return File.ReadAllBytes(file);
    });

    private UnreadObjects Read()
    {
        var source = Source();
        source.ReadOnce();
        return source.Store.Take(0).Unread;
    }

    [Fact]
    public void A_folder_that_was_read_in_full_has_nothing_unread()
    {
        Write("a.yaml", Node + "---\n" + Web + "---\n" + Slice() + "---\n# no more\n");
        Assert.Equal(UnreadObjects.None, Read());
    }

    [Theory]
    [InlineData("metadata:\n\tname: web\n")]
    [InlineData("kind: [\n")]
    [InlineData("just words\n")]
    [InlineData("metadata: {name: web}\n")]
    [InlineData("{apiVersion: discovery.k8s.io/v1beta1, kind: EndpointSlice, metadata: {name: web-1}}\n")]
    [InlineData("{apiVersion: discovery/v1, kind: EndpointSlice, metadata: {name: web-1}}\n")]
    [InlineData("{apiVersion: discovery.k8s.io/v1, kind: EndpointSlices, metadata: {name: web-1}}\n")]
    [InlineData("{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: web-1, labels: {kubernetes.io/service-nam: web}}, addressType: IPv4}\n")]
    [InlineData("{apiVersion: v1, kind: service, metadata: {name: web}}\n")]
    [InlineData("{apiVersion: v1, kind: Services, metadata: {name: web}}\n")]
    [InlineData("{apiVersion: v2, kind: Service, metadata: {name: web}}\n")]
    [InlineData("{apiVersion: core/v1, kind: Service, metadata: {name: web}}\n")]
    [InlineData("{apiVersion: v1, kind: Service, metadata: {name: [web]}}\n")]
    [InlineData("  \n")]
    [InlineData("")]
    public void A_document_of_unknown_content_may_be_anything(string text)
    {
        Write("a.yaml", Node);
        var path = Write("b.yaml", text);
        Assert.Equal([path], Read().Places);
    }

    [Theory]
    [InlineData("{apiVersion: serving.knative.dev/v1, kind: Service, metadata: {name: web}}\n")]
    [InlineData("{apiVersion: example.org/v1, kind: Server, metadata: {name: web}}\n")]
    [InlineData("{apiVersion: v1, kind: Pod, metadata: {name: web}}\n")]
    [InlineData("{apiVersion: v1, kind: Endpoints, metadata: {name: web}}\n")]
    [InlineData("{apiVersion: v1, kind: Secret, metadata: {name: web}}\n")]
    public void What_is_of_another_kind_is_nobodys_business(string text)
    {
        Write("a.yaml", Node);
        Write("b.yaml", text);
        Assert.True(Read().IsNone);
    }

    [Theory]
    [InlineData("loadBalancerSourceRange: [10.0.0.0/8]")]
    [InlineData("Ports: [{port: 80}]")]
    [InlineData("clusterIp: 10.96.0.11")]
    [InlineData("clusterIPs: [10.96.0.11]")]
    public void A_Service_that_a_slip_would_open_or_close_is_not_taken_as_it_is(string slip)
    {
        Write("a.yaml", Node + "---\n" + Web.Replace("ports:", slip + ", ports:", StringComparison.Ordinal));
        Assert.Equal([new("default", "web")], Read().Services);
    }

    [Theory]
    [InlineData("endpoint")]
    [InlineData("Endpoints")]
    [InlineData("endpionts")]
    public void A_slice_whose_endpoints_are_misspelt_is_unread(string slip)
    {
        Write("a.yaml", Node + "---\n" + Web + "---\n" + Slice().Replace("endpoints", slip, StringComparison.Ordinal));
        Assert.Equal([new("default", "web")], Read().Endpoints);
    }

    [Fact]
    public void A_bad_object_is_unread_by_its_name_and_a_slice_by_its_Service()
    {
        Write("a.yaml", Node + "---\n{apiVersion: v1, kind: Service, metadata: {name: db, namespace: x}, spec: {clusterIP: 10.96.0}}\n---\n" + Web + "---\n" + Slice(type: "IPv5"));
        var unread = Read();
        Assert.Empty(unread.Places);
        Assert.Equal([new("x", "db")], unread.Services);
        Assert.Equal([new("default", "web")], unread.Endpoints);
    }

    [Fact]
    public void A_bad_object_that_another_file_holds_well_is_read()
    {
        Write("a.yaml", Node + "---\n{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {clusterIP: 10.96.0}}\n");
        Write("b.yaml", Web);
        Assert.True(Read().IsNone);
    }

    [Fact]
    public void An_empty_folder_is_not_a_cluster_without_Services()
    {
        Assert.Equal([_folder.FullName], Read().Places);
    }

    [Fact]
    public async Task What_was_read_once_counts_in_its_last_good_version_and_is_not_unread()
    {
        Write("a.yaml", Node);
        Write("b.yaml", Web + "---\n" + Slice());
        await using var running = new Running(Source());
        await running.Until(s => s.State.Services.Count == 1);

        Write("b.yaml", "kind: [\n");
        await running.Until(_ => running.Source.Problems.Count == 1);

        var snapshot = running.Source.Store.Take(0);
        Assert.True(snapshot.Unread.IsNone);
        Assert.Single(snapshot.State.Services.Values.Single().Slices);
    }

    [Fact]
    public async Task A_file_that_was_never_good_is_unread_until_it_is_mended()
    {
        Write("a.yaml", Node);
        var path = Write("b.yaml", "kind: [\n");
        await using var running = new Running(Source());
        await running.Until(s => s.Unread.Places == [path]);

        Write("b.yaml", Web + "---\nkind: [\n");
        await running.Until(s => s.State.Services.Count == 1);
        Assert.Equal([path], running.Source.Store.Take(0).Unread.Places);

        Write("b.yaml", Web);
        await running.Until(s => s.Unread.IsNone);
    }

    [Fact]
    public async Task A_folder_that_loses_all_its_files_loses_none_of_its_objects()
    {
        var (node, web) = (Write("a.yaml", Node), Write("b.yaml", Web));
        await using var running = new Running(Source());
        await running.Until(s => s.State.Services.Count == 1);

        File.Delete(web);
        File.Delete(node);
        await running.Until(_ => running.Source.Problems.Any(p => p.Message.Contains("holds no manifests any more", StringComparison.Ordinal)));
        Assert.Single(running.Source.Store.Take(0).State.Services);

        Write("a.yaml", Node);
        await running.Until(s => s.State.Services.IsEmpty);
        Assert.Empty(running.Source.Problems);
    }

    [Fact]
    public async Task A_file_that_is_half_saved_or_gone_for_a_moment_is_no_problem_and_costs_nothing()
    {
        Write("a.yaml", Node);
        var web = Write("b.yaml", Web);
        await using var running = new Running(Source());
        await running.Until(s => s.State.Services.Count == 1);
        var revision = running.Source.Store.Take(0).State.Revision;
        foreach (var half in new[] { "", Web[..40], null })
        {
            var reads = _reads;
            if (half is null)
            {
                File.Delete(web);
                await Task.Delay(150, TestContext.Current.CancellationToken);
            }
            else
            {
                Write("b.yaml", half);
                await running.Until(_ => Volatile.Read(ref _reads) > reads);
            }
            Assert.Empty(running.Source.Problems);
            Write("b.yaml", Web);
            Write("c.yaml", Web.Replace("name: web", "name: other", StringComparison.Ordinal));
            await running.Until(s => s.State.Services.Count == 2);
            File.Delete(Path.Combine(_folder.FullName, "c.yaml"));
            await running.Until(s => s.State.Services.Count == 1);
            Assert.Empty(running.Source.Problems);
        }
        Assert.DoesNotContain(new NamespacedName("default", "web"), running.Source.Store.Take(revision).Changed.Services);
    }

    [Fact]
    public async Task Of_a_single_file_only_its_own_changes_are_read()
    {
        var path = Write("web.yaml", Node + "---\n" + Web);
        await using var running = new Running(Source(path));
        await running.Until(s => s.State.Services.Count == 1);
        Assert.Equal(1, _reads);

        for (var i = 0; i < 3; i++)
        {
            Write("other.yaml", $"# {i}\n");
            Write("web.yaml.swp", $"# {i}\n");
            await running.Looked();
        }
        Assert.Equal(1, _reads);

        // Of the same length, and with the old time: only the name of the event tells.
        var time = File.GetLastWriteTimeUtc(path);
        var next = Write("next", Node + "---\n" + Web.Replace("10.96.0.10", "10.96.0.11", StringComparison.Ordinal));
        File.SetLastWriteTimeUtc(next, time);
        File.Move(next, path, overwrite: true);
        await running.Until(s => s.State.Services.Values.Single().Service.ClusterIPs[0].ToString() == "10.96.0.11");
    }

    [Fact]
    public async Task A_single_file_behind_the_kubelets_data_link_follows_its_swap()
    {
        string Version(string name, string address)
        {
            var folder = Directory.CreateDirectory(Path.Combine(_folder.FullName, name));
            File.WriteAllText(Path.Combine(folder.FullName, "web.yaml"), Node + "---\n" + Web.Replace("10.96.0.10", address, StringComparison.Ordinal));
            File.SetLastWriteTimeUtc(Path.Combine(folder.FullName, "web.yaml"), DateTime.UnixEpoch.AddDays(1));
            return name;
        }
        var link = Path.Combine(_folder.FullName, "..data");
        File.CreateSymbolicLink(link, Version("..1", "10.96.0.10"));
        var path = Path.Combine(_folder.FullName, "web.yaml");
        File.CreateSymbolicLink(path, "..data/web.yaml");
        await using var running = new Running(Source(path));
        await running.Until(s => s.State.Services.Count == 1);
        File.CreateSymbolicLink(link + "_tmp", Version("..2", "10.96.0.12"));
        using (var move = Process.Start("mv", ["-T", link + "_tmp", link]))
        {
            move.WaitForExit();
        }
        await running.Until(s => s.State.Services.Values.Single().Service.ClusterIPs[0].ToString() == "10.96.0.12");
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private sealed class Running : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _run;

        public Running(ManifestSource source)
        {
            Source = source;
            _run = source.RunAsync(_stop.Token);
        }

        public ManifestSource Source { get; }

        public async Task Until(Func<ClusterSnapshot, bool> reached)
        {
            for (var start = Stopwatch.StartNew(); !reached(Source.Store.Take(0));)
            {
                Assert.True(start.Elapsed < TimeSpan.FromSeconds(30), $"not reached; problems: {string.Join("; ", Source.Problems)}");
                await Task.Delay(20);
            }
        }

        /// <summary>The watch has seen what happened before and looked at it.</summary>
        public async Task Looked()
        {
            var looks = Source.Looks;
            await Until(_ => Source.Looks > looks);
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _run;
            _stop.Dispose();
        }
    }
}
