using NetAgent.Contracts;
using NetAgent.Dataplane.Iptables;
using NetAgent.Dataplane.Linux;
using NetAgent.TestKit;

namespace NetAgent.Dataplane.Tests.Iptables;

/// <summary>The back end that is only looked at.</summary>
public sealed class OtherBackendTests
{
    private const string Dump = "*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -s 10.244.0.0/16 -j MASQUERADE\nCOMMIT\n";

    [Fact]
    public void Its_rules_are_told_with_its_name()
    {
        using var folder = new TemporaryFolder();
        var facts = Open(folder, IptablesBackend.Nft, out _).Read(IpFamily.IPv4, "nat")!;

        Assert.Equal(("nft", true), (facts.Backend, facts.IsOtherBackend));
        Assert.Equal(["-A POSTROUTING -s 10.244.0.0/16 -j MASQUERADE"], facts.Rules);
    }

    [Theory]
    [InlineData("filter\nnat\n", true)]
    [InlineData("filter\n", false)]
    [InlineData(null, false)]
    public void A_legacy_table_that_is_not_there_is_not_listed_for_that_would_make_it(string? tables, bool isListed)
    {
        using var folder = new TemporaryFolder();
        var names = Path.Combine(folder.Root, "proc/thread-self/net/ip_tables_names");
        Directory.CreateDirectory(Path.GetDirectoryName(names)!);
        if (tables is not null)
        {
            File.WriteAllText(names, tables);
        }
        var other = Open(folder, IptablesBackend.Legacy, out var process);

        Assert.Equal(isListed, other.Read(IpFamily.IPv4, "nat") is not null);
        Assert.Equal(isListed ? 1 : 0, process.Runs.Count);
    }

    [Fact]
    public void A_family_without_it_or_a_tool_that_fails_tells_nothing()
    {
        using var folder = new TemporaryFolder();
        var other = Open(folder, IptablesBackend.Nft, out var process);
        Assert.Null(other.Read(IpFamily.IPv6, "nat"));
        process.ExitCode = 1;
        Assert.Null(other.Read(IpFamily.IPv4, "nat"));
    }

    [Theory]
    [InlineData("nft", "legacy")]
    [InlineData("legacy", "nft")]
    public void On_a_node_with_both_each_is_seen_for_what_it_is(string chosen, string other)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess && Shell.TryRun("unshare", "-n", "true").Code == 0, "needs root and network namespaces");
        NetworkNamespace.Run(() =>
        {
            Assert.SkipUnless(
                Shell.TryRun("sh", "-c", "iptables-nft -t nat -S && iptables-legacy -t nat -S").Code == 0, "needs a kernel and tools with both back ends");
            // The agent writes where more rules are.
            Shell.Script($"for i in 1 2 3; do iptables-{chosen} -t nat -A POSTROUTING -s 10.$i.0.0/16 -j MASQUERADE; done; iptables-{other} -t nat -A POSTROUTING -s 10.9.0.0/16 -j MASQUERADE");
            using var folder = new TemporaryFolder();
            using var dataplane = LinuxDataplane.Open(new() { StateDirectory = folder.Root });

            var tables = dataplane.Observe(new() { IptablesTables = ["nat"] }).IptablesTables.Where(t => t.Family == IpFamily.IPv4).ToArray();

            Assert.Equal([(chosen, false, 3), (other, true, 1)], tables.Select(t => (t.Backend, t.IsOtherBackend, t.Rules.Count)));
            Assert.Contains("-A POSTROUTING -s 10.9.0.0/16 -j MASQUERADE", tables[1].Rules);

            // Listing starts a tool: once, and then with verifications.
            Shell.Script($"iptables-{other} -t nat -F POSTROUTING");
            Assert.Contains(dataplane.Observe(new() { IptablesTables = ["nat"] }).IptablesTables, t => t is { IsOtherBackend: true, Rules.Count: 1 });
            Assert.DoesNotContain(dataplane.Observe(new() { IptablesTables = ["nat"] }, verify: true).IptablesTables, t => t is { IsOtherBackend: true, Rules.Count: 1 });
        });
    }

    private static OtherBackend Open(TemporaryFolder folder, IptablesBackend backend, out Tool process)
    {
        process = new();
        return new(process, [new(IpFamily.IPv4, backend, "/sbin/save", "/sbin/restore", new(1, 8, 9))], folder.Root);
    }

    private sealed class Tool : IIptablesProcess
    {
        public int ExitCode { get; set; }

        public List<string> Runs { get; } = [];

        public string? Find(string tool) => null;

        public ProcessResult Run(string path, IReadOnlyList<string> arguments, string input)
        {
            Runs.Add($"{path} {string.Join(' ', arguments)}");
            return new(ExitCode, ExitCode == 0 ? Dump : "", "");
        }
    }
}
