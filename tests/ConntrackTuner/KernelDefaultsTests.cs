using NetAgent.Plugins.ConntrackTuner.Configuration;
using NetAgent.Plugins.Tests;
using NetAgent.TestKit;

namespace NetAgent.ConntrackTuner.Tests;

[Trait("Category", "Kernel")]
public sealed class KernelDefaultsTests
{
    [KernelFact]
    public void Every_conntrack_and_IPVS_sysctl_of_this_kernel_may_be_set_to_what_it_is()
    {
        var files = Directory.GetFiles("/proc/sys/net/netfilter", "nf_conntrack_*")
            .Concat(Directory.GetFiles("/proc/sys/net/ipv4/vs"))
            .Where(f => !f.EndsWith("nf_conntrack_count", StringComparison.Ordinal))
            .ToList();

        Assert.True(files.Count > 50, $"only {files.Count}");
        Assert.All(files, f => Assert.True(SysctlSpelling.IsKnown(f["/proc/sys/".Length..]), f));
        Assert.All(files, f => Assert.Null(SysctlCatalog.Refusal(f["/proc/sys/".Length..], File.ReadAllText(f).Trim().Replace('\t', ' '))));
    }

    [KernelFact]
    public void What_the_plugin_plans_for_a_profile_is_what_the_kernel_then_shows_and_a_second_look_wants_the_same()
    {
        var node = TunedNode.Create("""{"profile": "high-throughput", "memoryShare": 1, "sysctls": {"nf_conntrack_buckets": 100000, "nf_conntrack_max": 300000}}""");
        Read(node);
        var before = node.Sysctls.ToDictionary();
        node.Step();
        var wanted = node.Slice.Sysctls.Rows.OrderBy(s => s.Order).ToList();
        try
        {
            foreach (var row in wanted)
            {
                File.WriteAllText("/proc/sys/" + row.Path, row.Value);
            }
            Read(node);
            node.Writes.Clear();
            node.Step();

            Assert.Empty(node.Writes);
            Assert.Equal(wanted.Select(r => (r.Path, r.Value)), node.Slice.Sysctls.Rows.OrderBy(s => s.Order == 1 ? -1 : s.Order).Select(r => (r.Path, r.Value)));
        }
        finally
        {
            foreach (var row in wanted)
            {
                File.WriteAllText("/proc/sys/" + row.Path, before[row.Path]);
            }
        }
    }

    private static void Read(ModelNode node)
    {
        foreach (var path in node.Sysctls.Keys.Where(p => File.Exists("/proc/sys/" + p)).ToList())
        {
            node.Sysctls[path] = File.ReadAllText("/proc/sys/" + path).Trim();
        }
    }
}
