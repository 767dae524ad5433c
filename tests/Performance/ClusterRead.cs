using System.Diagnostics;
using System.Globalization;
using NetAgent.Cluster;
using NetAgent.Cluster.Api;
using NetAgent.Cluster.Api.Streams;
using NetAgent.Contracts;

namespace NetAgent.Performance;

/// <summary>
/// What it costs to read the EndpointSlices of a large cluster: <c>cluster-read [list | watch] [SLICES [ENDPOINTS]]</c>. One process, one
/// reading, since peak RSS never comes down.
/// </summary>
internal static class ClusterRead
{
    public static async Task<int> RunAsync(string[] arguments)
    {
        var asWatch = arguments is ["watch", ..];
        var slices = arguments.Length > 1 ? int.Parse(arguments[1], CultureInfo.InvariantCulture) : 10_000;
        var endpoints = arguments.Length > 2 ? int.Parse(arguments[2], CultureInfo.InvariantCulture) : 100;
        var store = new ClusterStore();
        store.Write(writer =>
        {
            for (var i = 0; i < slices; i++)
            {
                writer.Put(new Service { Name = new("default", $"service-1{i / 100:00}1{i % 100:00}"), Ports = [new("http", IpProtocol.Tcp, 80)] });
            }
        });
        var writer = new StoreWriter(Resource.EndpointSlices, "node-1", store);
        // Once in small, so that compiling is not measured.
        await ReadAsync(new StoreWriter(Resource.EndpointSlices, "node-1", new()), new ClusterReadStream(50, endpoints, asWatch), asWatch);
        GC.Collect();
        var before = (Allocated: GC.GetTotalAllocatedBytes(), Cpu: Process.GetCurrentProcess().TotalProcessorTime, Rss: Status("VmRSS"));
        var watch = Stopwatch.StartNew();
        var stream = new ClusterReadStream(slices, endpoints, asWatch);
        await ReadAsync(writer, stream, asWatch);
        var read = watch.Elapsed;
        var state = store.Take(0).State;
        var taken = watch.Elapsed - read;
        var cpu = Process.GetCurrentProcess().TotalProcessorTime - before.Cpu;
        var allocated = GC.GetTotalAllocatedBytes() - before.Allocated;
        var found = state.Services.Values.Sum(s => s.Slices.Sum(e => (long)e.Endpoints.Count));
        var peak = Status("VmHWM");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{(asWatch ? "watch" : "list")}: {slices} slices x {endpoints} endpoints, {stream.TotalBytes / 1e6:0} MB; {found} endpoints in the state"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  read {read.TotalSeconds:0.00} s, first snapshot {taken.TotalSeconds:0.00} s, CPU {cpu.TotalSeconds:0.00} s, allocated {allocated / 1e6:0} MB, "
            + $"live {GC.GetTotalMemory(forceFullCollection: true) / 1e6:0} MB, RSS before {before.Rss / 1e3:0} MB, peak {peak / 1e3:0} MB"));
        GC.KeepAlive(store);
        return found == (long)slices * endpoints ? 0 : 1;
    }

    private static async Task ReadAsync(StoreWriter writer, ClusterReadStream stream, bool asWatch)
    {
        await using var reader = new IdleReader(stream, TimeProvider.System);
        if (asWatch)
        {
            var events = new WatchStream(reader);
            while (await events.NextAsync(TimeSpan.FromMinutes(1), default) is not null)
            {
                writer.PutEvent(events.Object);
            }
            return;
        }
        var list = new ListStream(reader, TimeSpan.FromMinutes(1));
        writer.BeginList();
        while (await list.NextAsync(default))
        {
            writer.AddListed(list.Item);
        }
        writer.EndList();
    }

    // In kB.
    private static long Status(string key) => long.Parse(
        File.ReadLines("/proc/self/status").First(l => l.StartsWith(key + ":", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture);
}
