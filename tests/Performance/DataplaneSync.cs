using System.Diagnostics;
using System.Globalization;
using NetAgent.Contracts;
using NetAgent.Dataplane;
using NetAgent.Dataplane.Ipvs;
using NetAgent.Dataplane.Linux;
using NetAgent.Dataplane.Tables;
using NetAgent.TestKit;

namespace NetAgent.Performance;

/// <summary>
/// Virtual servers into a real kernel, all at once and one change at a time: ours with everything that reconciliation needs, the tool that
/// operators have (ipvsadm), and the floor, which is the same netlink messages with nothing around them.
/// <c>dataplane [SERVICES [ENDPOINTS [CHANGES]]]</c>. Each runs in a network namespace of its own.
/// </summary>
internal static class DataplaneSync
{
    private static readonly PluginClaims Claims = new() { VirtualServers = [VirtualServerClaim.All] };

    public static int Run(string[] arguments)
    {
        int Number(int index, int byDefault) => arguments.Length > index ? int.Parse(arguments[index], CultureInfo.InvariantCulture) : byDefault;
        var (services, endpoints, changes) = (Number(0, 1000), Number(1, 20), Number(2, 100));
        var cluster = Enumerable.Range(0, services).Select(i => Service(i, endpoints)).ToArray();
        Console.WriteLine($"{services} services x {endpoints} endpoints, {changes} changes of one endpoint: the first fill, then p50 and p99 of a change");
        // Once in small, so that compiling is not measured.
        NetworkNamespace.Run(() => { _ = Floor(cluster[..10], 10); });
        NetworkNamespace.Run(() => { _ = Ours(cluster[..10], 10); });
        NetworkNamespace.Run(() => Print("raw netlink", Floor(cluster, changes)));
        NetworkNamespace.Run(() => Print("netagent", Ours(cluster, changes)));
        NetworkNamespace.Run(() => Print("ipvsadm", Tool(cluster, changes)));
        return 0;
    }

    private static (TimeSpan Fill, TimeSpan[] Changes) Ours((VirtualServer Server, RealServer[] Reals)[] cluster, int changes)
    {
        var folder = Directory.CreateTempSubdirectory("netagent-performance-");
        try
        {
            using var dataplane = LinuxDataplane.Open(new() { StateDirectory = folder.FullName });
            var slice = dataplane.OpenSlice("bench", Claims);
            var watch = Stopwatch.StartNew();
            foreach (var (server, reals) in cluster)
            {
                slice.Replace(server.Key.ToString(), Rows(server, reals));
            }
            dataplane.MarkComplete("bench");
            Expect(dataplane.Sync(verify: false, CancellationToken.None), cluster.Length + cluster.Sum(c => c.Reals.Length));
            var fill = watch.Elapsed;
            return (fill, Measure(changes, i =>
            {
                var (server, reals) = cluster[i % cluster.Length];
                slice.Replace(server.Key.ToString(), Rows(server, reals[1..]));
                Expect(dataplane.Sync(verify: false, CancellationToken.None), 1);
            }));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static (TimeSpan Fill, TimeSpan[] Changes) Floor((VirtualServer Server, RealServer[] Reals)[] cluster, int changes)
    {
        using var socket = IpvsSocket.Open();
        var (servers, reals) = (new VirtualServerTable(socket), new RealServerTable(socket));
        var watch = Stopwatch.StartNew();
        Apply(servers, [.. cluster.Select(c => new RowChange<VirtualServer>(RowChangeKind.Add, c.Server, default))]);
        Apply(reals, [.. cluster.SelectMany(c => c.Reals).Select(r => new RowChange<RealServer>(RowChangeKind.Add, r, default))]);
        var fill = watch.Elapsed;
        return (fill, Measure(changes, i =>
        {
            var gone = cluster[i % cluster.Length].Reals[0];
            Apply(reals, [new(RowChangeKind.Remove, gone, gone)]);
        }));
    }

    private static (TimeSpan Fill, TimeSpan[] Changes) Tool((VirtualServer Server, RealServer[] Reals)[] cluster, int changes)
    {
        var file = Path.GetTempFileName();
        File.WriteAllLines(file, cluster.SelectMany(c => c.Reals.Select(r => $"-a -t {Name(c.Server)} -r {r.Key.Address}:{r.Key.Port} -m -w 1")
            .Prepend($"-A -t {Name(c.Server)} -s rr")));
        var watch = Stopwatch.StartNew();
        Shell.Script($"ipvsadm -R < {file}");
        var fill = watch.Elapsed;
        File.Delete(file);
        return (fill, Measure(changes, i =>
        {
            var (server, reals) = cluster[i % cluster.Length];
            Shell.Run("ipvsadm", "-d", "-t", Name(server), "-r", $"{reals[0].Key.Address}:{reals[0].Key.Port}");
        }));
    }

    private static TimeSpan[] Measure(int count, Action<int> change)
    {
        var times = new TimeSpan[count];
        for (var i = 0; i < count; i++)
        {
            var watch = Stopwatch.StartNew();
            change(i);
            times[i] = watch.Elapsed;
        }
        Array.Sort(times);
        return times;
    }

    private static void Print(string who, (TimeSpan Fill, TimeSpan[] Changes) result) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"  {who,-12} {result.Fill.TotalMilliseconds,10:0} ms {result.Changes[result.Changes.Length / 2].TotalMilliseconds,10:0.000} ms "
        + $"{result.Changes[result.Changes.Length * 99 / 100].TotalMilliseconds,10:0.000} ms"));

    private static void Expect(SyncReport report, int changes)
    {
        if (!report.IsComplete || report.Changes != changes)
        {
            throw new InvalidOperationException($"{report.Changes} changes instead of {changes}: {string.Join("; ", report.Failed.Take(3))}");
        }
    }

    private static void Apply<TKey, TRow>(IKernelTable<TKey, TRow> table, RowChange<TRow>[] changes)
        where TKey : notnull
        where TRow : struct, IRow<TKey>, IEquatable<TRow>
    {
        var refusals = new List<RowRefusal>();
        table.Apply(changes, refusals);
        if (refusals.Count > 0)
        {
            throw new InvalidOperationException(refusals[0].Reason);
        }
    }

    private static RowSet Rows(VirtualServer server, RealServer[] reals)
    {
        var rows = new RowSet();
        rows.VirtualServers.Add(server);
        foreach (var real in reals)
        {
            rows.RealServers.Add(real);
        }
        return rows;
    }

    private static (VirtualServer Server, RealServer[] Reals) Service(int number, int endpoints)
    {
        var key = new VirtualServerKey(IpProtocol.Tcp, InetAddress.Parse($"10.96.{number / 250}.{number % 250 + 1}"), 80);
        var reals = Enumerable.Range(0, endpoints).Select(i => new RealServer(
            new(key, InetAddress.Parse($"10.{100 + number / 250}.{number % 250}.{i + 1}"), 8080), 1));
        return (new(key, "rr"), [.. reals]);
    }

    private static string Name(VirtualServer server) => $"{server.Key.Address}:{server.Key.Port}";
}
