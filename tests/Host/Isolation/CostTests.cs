using System.Diagnostics;
using System.Globalization;
using NetAgent.Contracts;
using NetAgent.Host.Configuration;
using NetAgent.Host.Isolation;
using NetAgent.Host.Plugins.Discovery;
using NetAgent.Host.Plugins.Loading;
using NetAgent.Host.Tests.Fakes;
using NetAgent.TestKit;

namespace NetAgent.Host.Tests.Isolation;

/// <summary>What a process of its own costs; docs/plugins.md says the figures. Run by hand: <c>-explicit only -class …CostTests</c>.</summary>
public sealed class CostTests(ITestOutputHelper output)
{
    [Fact(Explicit = true)]
    public void Cost_of_a_process()
    {
        using var plugins = new SamplePlugins();
        var image = PluginCatalog.Find(Path.GetDirectoryName(plugins.Add("Mirror"))!, "mirror").Image!;
        var inside = LoadedPlugin.Load(image).Plugin;
        using var outside = new IsolatedPlugin(Path.Combine(AppContext.BaseDirectory, "netagent"), image, new(PluginIsolation.StandardMemoryLimit));
        var start = Stopwatch.GetTimestamp();
        outside.Configure(new());
        Say("start, load and configure a process", Stopwatch.GetElapsedTime(start));
        foreach (var (name, plugin) in ((string, IDataplanePlugin)[])[("in the agent's process", inside), ("in its own process", outside)])
        {
            Measure(name, plugin);
        }
        foreach (var child in Process.GetProcessesByName("netagent").Where(child => File.ReadAllText($"/proc/{child.Id}/cmdline").Contains(plugins.Path, StringComparison.Ordinal)))
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"resident memory of its process: {child.WorkingSet64 >> 20} MiB"));
        }
    }

    private void Measure(string name, IDataplanePlugin plugin)
    {
        var cluster = Sample.Cluster(1000, 20);
        var slice = new InMemorySlice { Claims = plugin.Configure(new()).Claims };
        foreach (var round in (ReadOnlySpan<string>)["first", "second", "third"])
        {
            // Fresh objects, as after a list that was read again: all of it has to be sent.
            cluster = Sample.Cluster(1000, 20);
            slice = new() { Claims = slice.Claims };
            var start = Stopwatch.GetTimestamp();
            plugin.Reconcile(Input(cluster, ClusterChange.All), slice, CancellationToken.None);
            Say($"{name}: all of 1,000 Services of 20 endpoints, {round} time", Stopwatch.GetElapsedTime(start));
        }
        var times = new List<TimeSpan>();
        for (var i = 0; i < 200; i++)
        {
            var changed = Sample.Service(i, 19);
            cluster = cluster with { Services = cluster.Services.SetItem(changed.Service.Name, changed) };
            var start = Stopwatch.GetTimestamp();
            plugin.Reconcile(Input(cluster, new() { Services = [changed.Service.Name] }), slice, CancellationToken.None);
            times.Add(Stopwatch.GetElapsedTime(start));
        }
        times.Sort();
        Say($"{name}: one changed Service, median of 200", times[100]);
        Say($"{name}: one changed Service, 99th percentile", times[197]);
    }

    private void Say(string what, TimeSpan time) => output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {time.TotalMilliseconds:F2} ms"));

    private static ReconcileInput Input(ClusterState cluster, ClusterChange change) => new()
    {
        Cluster = cluster,
        Facts = Sample.Facts,
        Changed = change,
        NodeName = "node-1",
        Now = DateTimeOffset.UnixEpoch,
    };
}
