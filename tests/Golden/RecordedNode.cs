using System.Diagnostics;
using NetAgent.TestKit;

namespace NetAgent.Golden.Tests;

/// <summary>
/// The node of the recordings in the lab's initial network namespace (nf_conntrack_max can be written nowhere else), an agent's
/// configuration in a folder of its own, and the promise that cleanup leaves the kernel as it was.
/// </summary>
internal sealed class RecordedNode : IDisposable
{
    // The kernel as every test finds it: looked at once, since a test that passes leaves it so and one that does not forgets it.
    private static string? _before;

    private bool _isClean;

    internal RecordedNode()
    {
        Folder = Directory.CreateTempSubdirectory("netagent-golden-").FullName;
        if (_before is not null)
        {
            return;
        }
        // As on every Kubernetes node. Else the kernel loads it for the first rule with -m physdev, with sysctls that then stay.
        Shell.TryRun("modprobe", "br_netfilter");
        Shell.Script("""
            ip link add eth0 type dummy && ip link set eth0 up
            ip addr add 192.0.2.11/24 dev eth0 && ip addr add fd00:192:2::11/64 dev eth0 nodad
            ip route add default via 192.0.2.1 && ip -6 route add default via fd00:192:2::1
            """);
        _before = Everything();
    }

    internal string Folder { get; }

    internal string Manifests => Directory.CreateDirectory(Path.Combine(Folder, "manifests")).FullName;

    internal string StateFolder => Path.Combine(Folder, "state");

    internal string Configuration => Path.Combine(Folder, "agent.yaml");

    internal void Configure(string plugins) => File.WriteAllText(Configuration, $"""
        apiVersion: netagent.io/v1alpha1
        kind: NetAgentConfiguration
        stateDirectory: {StateFolder}
        plugins:
        {plugins}
        """);

    internal string[] RunArguments => ["--config", Configuration, "--manifests", Manifests, "--node-name", "node-1"];

    /// <param name="expected">1 where the configuration is refused: then its defaults are programmed, and that is said.</param>
    internal void RunOnce(int expected = 0)
    {
        var (code, output, error) = Agent.Run(["run", .. RunArguments, "--once"]);
        Assert.True(code == expected, $"netagent run --once: exit {code}\n{output}{error}");
    }

    /// <summary>Everything that an agent may change, to see that cleanup puts it back.</summary>
    internal static string Everything() => Shell.Script("""
        ipvsadm -Sn; ipvsadm -L --timeout; ipset save
        for t in nat filter mangle; do iptables-save -t $t; ip6tables-save -t $t; done | grep -v '^#' | sed 's/\[[0-9:]*\]//'
        ip -o addr | sed 's/ *valid_lft.*//'; ip route; ip -6 route
        cat /sys/module/nf_conntrack/parameters/hashsize
        sysctl -a 2>/dev/null | grep '^net\.' | grep -vE 'nf_conntrack_count|nf_conntrack_buckets_now|random|\.pcpu|kube-ipvs0' | sort
        """);

    internal void CleanUp()
    {
        var (code, output, error) = Agent.Run("cleanup", "--config", Configuration);
        Assert.True(code == 0, $"netagent cleanup: exit {code}\n{output}{error}");
        Assert.Equal("", TextDiff.Between(_before!, Everything()));
        _isClean = true;
    }

    /// <summary>Polls, since a running agent needs a moment; returns the last differences.</summary>
    internal static string Settled(Func<string> compare)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            var difference = compare();
            if (difference.Length == 0 || watch.Elapsed > TimeSpan.FromSeconds(120))
            {
                return difference;
            }
            Thread.Sleep(200);
        }
    }

    public void Dispose()
    {
        Directory.Delete(Folder, recursive: true);
        if (_isClean)
        {
            return;
        }
        // Whatever a failed test left must not fail the next one.
        _before = null;
        Shell.Script("""
            ipvsadm -C; ip link del kube-ipvs0 2>/dev/null; ip link del eth0
            for t in nat filter mangle; do for i in iptables ip6tables; do $i -t $t -F; $i -t $t -X; done; done; ipset destroy; true
            """);
    }
}
