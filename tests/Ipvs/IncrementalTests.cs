using FsCheck;
using FsCheck.Fluent;
using NetAgent.Contracts;
using NetAgent.Ipvs.Tests.Recordings;
using NetAgent.TestKit;

namespace NetAgent.Ipvs.Tests;

/// <summary>However a cluster came to be what it is, the slice is the one that a newcomer would write.</summary>
public sealed class IncrementalTests
{
    private const string Configuration = """{"detectLocalMode": "NodeCIDR", "nodePortAddresses": ["192.0.2.0/24"], "ipvs": {"scheduler": "lc"}}""";

    [Fact]
    public void Any_sequence_of_changes_ends_where_a_fresh_start_does() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(300).WithEndSize(40),
        Prop.ForAll<int[]>(seeds =>
        {
            var proxy = new Proxy(Configuration).Tell(ClusterChange.All);
            for (var i = 0; i < seeds.Length; i++)
            {
                // FsCheck's numbers are small and few; the position makes more of them.
                RandomCluster.Change(proxy, (seeds[i] * 1000) + i);
            }
            Assert.Equal(Everything(proxy.Fresh(Configuration).Slice), Everything(proxy.Slice));
        }));

    [Fact]
    public void The_random_clusters_reach_every_table()
    {
        var proxy = new Proxy(Configuration).Tell(ClusterChange.All);
        var reached = new HashSet<string>();
        for (var seed = 0; seed < 400; seed++)
        {
            RandomCluster.Change(proxy, seed);
            reached.UnionWith(proxy.Slice.IpSetEntries.Rows.Select(row => row.Set));
            reached.UnionWith(proxy.Slice.Notices.Select(notice => notice.Reason));
            reached.UnionWith(proxy.Slice.HealthCheckPorts.Rows.Select(_ => "health"));
            reached.UnionWith(proxy.Slice.Gauges.Where(gauge => gauge.Value > 0).Select(_ => "lacking"));
            Assert.Empty(proxy.Slice.VirtualServers.Conflicts);
        }
        Assert.Empty(proxy.Slice.IpSets.Rows.Select(row => row.Name)
            .Concat(["health", "lacking", "UnknownScheduler", "InvalidWeight", "InvalidSourceRange"]).Except(reached));
    }

    private static string Everything(InMemorySlice slice) => string.Join('\n', new[]
    {
        KernelText.Render("ipvs.txt", slice), KernelText.Render("addresses.txt", slice), KernelText.Render("ipset.txt", slice),
        KernelText.Render("iptables-nat.txt", slice), KernelText.Render("iptables-filter.txt", slice),
        KernelText.Render("ip6tables-nat.txt", slice), KernelText.Render("ip6tables-filter.txt", slice), KernelText.Render("ipvs-timeout.txt", slice),
        Lines(slice.Sysctls.Rows), Lines(slice.Links.Rows), Lines(slice.Notices), Lines(slice.Scopes),
        Lines(slice.HealthCheckPorts.Rows.Select(row => $"{row.Port} {row.Service} {row.LocalEndpoints} {string.Join(',', row.Addresses)}")),
        Lines(slice.Gauges.Select(gauge => $"{gauge.Name} {string.Join(',', gauge.Labels)} {gauge.Value}")),
    });

    private static string Lines<T>(IEnumerable<T> rows) => string.Join('\n', rows.Select(row => $"{row}").Order(StringComparer.Ordinal));
}
