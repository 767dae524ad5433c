using NetAgent.Contracts;
using NetAgent.Host.Isolation.Wire;
using NetAgent.TestKit;

namespace NetAgent.Host.Tests.Isolation;

public sealed class WireTests
{
    private readonly ReconcileCodec _host = new();
    private readonly ReconcileCodec _child = new();
    private int _written;

    public WireTests() => _host.Keep(new(["*"], ["*"]));

    [Fact]
    public void A_plugin_is_sent_the_labels_and_annotations_it_asked_for_and_all_anew_when_it_asks_for_others()
    {
        var cluster = Sample.Cluster(2, 1);
        var service = cluster.Services.First().Value;
        var labelled = service with { Service = service.Service with { Labels = [new("a", "1"), new("b/c", "2")], Annotations = [new("d", "3")] } };
        cluster = cluster with { Services = cluster.Services.SetItem(service.Service.Name, labelled) };
        Label[] LabelsOf(ReconcileInput input) =>
            [.. input.Cluster.Services[service.Service.Name].Service.Labels, .. input.Cluster.Services[service.Service.Name].Service.Annotations];

        _host.Keep(new(["b/*"], []));
        var first = Send(Input(cluster, ClusterChange.All));
        Assert.Equal([new("b/c", "2")], LabelsOf(first));
        Assert.All(first.Cluster.Services.Values.SelectMany(s => s.Slices), slice => Assert.Empty(slice.Annotations));

        _host.Keep(new(["a"], ["d"]));
        Assert.Equal([new("a", "1"), new("d", "3")], LabelsOf(Send(Input(cluster, ClusterChange.All))));
        Send(Input(cluster, new()));
        Assert.True(_written < 200, $"{_written} bytes for no change");
    }

    [Fact]
    public void A_whole_cluster_arrives_as_it_was_sent()
    {
        var input = Input(Sample.Cluster(3, 5), ClusterChange.All);
        var read = Send(input);

        Assert.Equal(input.Cluster.Node, read.Cluster.Node);
        Assert.Equal(input.Cluster.Revision, read.Cluster.Revision);
        Assert.Equal(input.Cluster.Services.OrderBy(pair => pair.Key), read.Cluster.Services.OrderBy(pair => pair.Key));
        Assert.Equal(input.Facts.Links, read.Facts.Links);
        Assert.Equal(input.Facts.Sysctls, read.Facts.Sysctls);
        Assert.Equal(input.Facts.ReadOnlySysctls, read.Facts.ReadOnlySysctls);
        Assert.Equal(input.Facts.Conntrack, read.Facts.Conntrack);
        Assert.Equal(input.Facts.IptablesTables, read.Facts.IptablesTables);
        Assert.Equal(input.Facts.Route, read.Facts.Route);
        Assert.Equal(input.Facts.IpvsSchedulers, read.Facts.IpvsSchedulers);
        Assert.Equal(input.Facts.ForeignAddresses, read.Facts.ForeignAddresses);
        Assert.Equal((input.Facts.KernelVersion, input.Facts.CpuCount, input.Facts.MemoryBytes), (read.Facts.KernelVersion, read.Facts.CpuCount, read.Facts.MemoryBytes));
        Assert.Equal((input.NodeName, input.Now, true), (read.NodeName, read.Now, read.Changed.Everything));
    }

    [Fact]
    public void One_changed_Service_costs_that_Service_and_not_the_cluster()
    {
        var before = Sample.Cluster(200, 5);
        Send(Input(before, ClusterChange.All));
        var whole = _written;
        var changed = Sample.Service(7, 2);
        var now = before with { Revision = 2, Services = before.Services.SetItem(changed.Service.Name, changed) };
        var read = Send(Input(now, new() { Services = [changed.Service.Name] }));

        Assert.Equal(changed, read.Cluster.Services[changed.Service.Name]);
        Assert.Equal(200, read.Cluster.Services.Count);
        Assert.True(_written < whole / 50, $"{_written} of {whole} bytes");
    }

    [Fact]
    public void A_Service_that_went_is_gone_whether_it_is_named_or_everything_is()
    {
        var cluster = Sample.Cluster(4, 1);
        Send(Input(cluster, ClusterChange.All));
        var (first, second) = (new NamespacedName("default", "service-0"), new NamespacedName("default", "service-1"));

        cluster = cluster with { Services = cluster.Services.Remove(first) };
        Assert.False(Send(Input(cluster, new() { Services = [first] })).Cluster.Services.ContainsKey(first));
        cluster = cluster with { Services = cluster.Services.Remove(second), Node = null };
        var read = Send(Input(cluster, ClusterChange.All));
        Assert.Equal(2, read.Cluster.Services.Count);
        Assert.Null(read.Cluster.Node);
    }

    [Fact]
    public void Rows_of_every_kind_arrive_as_they_were_written()
    {
        var rows = Sample.Rows();
        var writer = new WireWriter();
        SliceCodec.WriteReplace(writer, "gone", rows);
        SliceCodec.WriteReplace(writer, "all", rows);
        SliceCodec.WriteRemove(writer, "gone");
        SliceCodec.WriteEnd(writer);
        var slice = new InMemorySlice { Claims = Sample.Claims };
        var reader = new WireReader(writer.Written.Span);
        SliceCodec.Replay(ref reader, slice);

        Assert.True(reader.IsAtEnd);
        Assert.Equal(["all"], slice.Scopes);
        Assert.Equal(rows.VirtualServers, slice.VirtualServers.Rows);
        Assert.Equal(rows.RealServers, slice.RealServers.Rows);
        Assert.Equal(rows.IpvsTimeouts, slice.IpvsTimeouts.Rows);
        Assert.Equal(rows.Links, slice.Links.Rows);
        Assert.Equal(rows.Addresses, slice.Addresses.Rows);
        Assert.Equal(rows.IpSets, slice.IpSets.Rows);
        Assert.Equal(rows.IpSetEntries.ToHashSet(), slice.IpSetEntries.Rows.ToHashSet());
        Assert.Equal(rows.Chains, slice.Chains.Rows);
        Assert.Equal(rows.Jumps, slice.Jumps.Rows);
        Assert.Equal(rows.Sysctls, slice.Sysctls.Rows);
        Assert.Equal(rows.Files, slice.Files.Rows);
        Assert.Equal(rows.HealthCheckPorts, slice.HealthCheckPorts.Rows);
        Assert.Equal(rows.Notices, slice.Notices);
        Assert.Equal(rows.Gauges, slice.Gauges);
    }

    [Fact]
    public void A_message_cut_short_or_mutated_is_refused_and_never_half_applied()
    {
        var writer = new WireWriter();
        SliceCodec.WriteReplace(writer, "all", Sample.Rows());
        SliceCodec.WriteEnd(writer);
        var whole = writer.Written.ToArray();
        for (var length = 0; length < whole.Length; length++)
        {
            var slice = new InMemorySlice { Claims = Sample.Claims };
            Assert.Throws<WireException>(() => Replay(whole.AsSpan(0, length), slice));
            Assert.Empty(slice.Scopes);
        }
        var random = new Random(1);
        for (var i = 0; i < 5_000; i++)
        {
            var mutated = whole.ToArray();
            mutated[random.Next(mutated.Length)] = (byte)random.Next(256);
            var slice = new InMemorySlice { Claims = Sample.Claims };
            var failure = Record.Exception(() => Replay(mutated, slice));
            Assert.True(failure is null or WireException or ClaimViolationException, failure?.ToString());
            Assert.True(failure is null || slice.Scopes.Count == 0);
        }
    }

    [Fact]
    public void A_configuration_and_its_result_arrive_as_they_were_sent()
    {
        var leaf = new ConfigNode { Kind = ConfigNodeKind.Scalar, Text = "x", IsQuoted = true, Line = 3 };
        var root = new ConfigNode { Kind = ConfigNodeKind.Mapping, Entries = [new("a", 2, new() { Kind = ConfigNodeKind.Sequence, Items = [leaf] }), new("a", 4, leaf)] };
        var writer = new WireWriter();
        ConfigurationCodec.Write(writer, new PluginConfiguration
        {
            Inline = root,
            InlineSource = "/agent.yaml",
            Files = [new()
        {
            Path = "/f",
            Exists = true,
            Problem = "bad",
            Folder = "/",
        }, new()
        {
            Path = "/g",
            Root = root,
        }],
            Arguments = ["--a"]
        });
        var result = new ConfigurationResult
        {
            Problems = [new() { Severity = Severity.Information, Source = "f", Path = "a.b", Line = 7, Message = "m" }],
            UsesDefaults = true,
            BadFiles = ["/f"],
            Claims = new() { VirtualServers = [VirtualServerClaim.All, VirtualServerClaim.Within(InetPrefix.Parse("10.0.0.0/8")), VirtualServerClaim.InSet("X")], IpvsTimeouts = true, Chains = [new("nat", "X*")], Jumps = [new("nat", "P", "X*")], VirtualServerExclusions = [InetPrefix.Parse("10.0.0.0/8")], Files = ["/f"] },
            Observations = new() { Links = true, Sysctls = ["net/*"], IptablesTables = ["nat"] },
            Period = TimeSpan.FromMinutes(1),
            VerifyPeriod = TimeSpan.FromSeconds(30),
            MinimumPeriod = TimeSpan.FromSeconds(1),
        };
        ConfigurationCodec.Write(writer, result);
        var reader = new WireReader(writer.Written.Span);
        var configuration = ConfigurationCodec.ReadConfiguration(ref reader);
        var read = ConfigurationCodec.ReadResult(ref reader);

        Assert.True(reader.IsAtEnd);
        Assert.Equal(("/agent.yaml", "/", null), (configuration.InlineSource, configuration.Files[0].Folder, configuration.Files[1].Folder));
        Assert.Equal(["a", "a"], configuration.Inline!.Entries.Select(entry => entry.Key));
        Assert.Equal((leaf.Text, leaf.IsQuoted, leaf.Line), configuration.Inline.Entries[0].Value.Items[0] is var item ? (item.Text, item.IsQuoted, item.Line) : default);
        Assert.Equal([("/f", true, "bad"), ("/g", false, null)], configuration.Files.Select(file => (file.Path, file.Exists, file.Problem)));
        Assert.Equal(["--a"], configuration.Arguments);
        Assert.Equal(result.Problems, read.Problems);
        Assert.Equal(result with { Problems = [] }, read with { Problems = [] });
        // One that is left at its default here would tell nothing.
        var nothing = new ConfigurationResult();
        Assert.All(typeof(ConfigurationResult).GetProperties().Where(property => property.CanWrite),
            property => Assert.NotEqual(property.GetValue(nothing), property.GetValue(result)));
    }

    [Fact]
    public void Every_kind_of_row_of_the_contract_can_be_sent() => Assert.Equal(
        typeof(IRow<>).Assembly.GetTypes().Where(IsRow).OrderBy(row => row.Name, StringComparer.Ordinal),
        RowCodec.Kinds.OrderBy(row => row.Name, StringComparer.Ordinal));

    [Fact]
    public void A_new_kind_of_row_takes_a_codec_of_its_own_and_nothing_else()
    {
        var codec = new KindCodec<Bridge>(static (to, row) => to.Text(row.Name), static (ref from) => new Bridge(from.RequiredText()));
        var rows = new RowSet();
        rows.Of<Bridge>().Add(new("br0"));
        var writer = new WireWriter();
        codec.Write(writer, rows.Copy());
        var read = new RowSet();
        var reader = new WireReader(writer.Written.Span);

        codec.Read(ref reader, read);

        Assert.Equal([new Bridge("br0")], read.Of<Bridge>());
        read.Clear();
        Assert.Empty(read.Of<Bridge>());
    }

    private static bool IsRow(Type type) => type.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IRow<>));

    private readonly record struct Bridge(string Name);

    private static void Replay(ReadOnlySpan<byte> message, ISlice slice)
    {
        var reader = new WireReader(message);
        SliceCodec.Replay(ref reader, slice);
    }

    private static ReconcileInput Input(ClusterState cluster, ClusterChange change) => new()
    {
        Cluster = cluster,
        Facts = Sample.Facts,
        Changed = change,
        NodeName = "node-1",
        Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
    };

    private ReconcileInput Send(ReconcileInput input)
    {
        var writer = new WireWriter();
        _host.Write(writer, input);
        _written = writer.Written.Length;
        var reader = new WireReader(writer.Written.Span);
        var read = _child.Read(ref reader);
        Assert.True(reader.IsAtEnd);
        return read;
    }
}
