using System.Collections.Concurrent;
using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;
using NetAgent.Dataplane.Routes;
using NetAgent.TestKit;

namespace NetAgent.Kernel.Tests.Routes;

[Trait("Category", "Kernel")]
public partial class LinkTests
{
    [KernelFact]
    public void Dummy_links_come_and_go_and_are_left_down() => NetworkNamespace.Run(() =>
    {
        using var connection = NetlinkConnection.Open(NetlinkProtocol.Route);
        var table = new DummyLinkTable(connection);

        Assert.Empty(table.Add(new DummyLink("kube-ipvs0")));
        Assert.Empty(table.Add(new DummyLink("kube-ipvs0")));
        Assert.Equal([new DummyLink("kube-ipvs0")], table.Read().Values);
        Assert.Contains("<BROADCAST,NOARP>", Shell.Run("ip", "-d", "link", "show", "kube-ipvs0"));

        Assert.Empty(table.Remove(new DummyLink("kube-ipvs0")));
        Assert.Empty(table.Remove(new DummyLink("kube-ipvs0")));
        Assert.Empty(table.Read());
    });

    [KernelFact]
    public void A_link_of_another_kind_is_refused_by_name_and_never_deleted() => NetworkNamespace.Run(() =>
    {
        using var connection = NetlinkConnection.Open(NetlinkProtocol.Route);
        var table = new DummyLinkTable(connection);
        Shell.Run("ip", "link", "add", "kube-ipvs0", "type", "bridge");

        var refusal = Assert.Single(table.Add(new DummyLink("kube-ipvs0")));
        Assert.Equal(17, refusal.Errno);
        Assert.Contains("kube-ipvs0: a link of that name exists and is of kind bridge, not dummy", refusal.Reason);
        Assert.Empty(table.Remove(new DummyLink("kube-ipvs0")));
        Assert.Contains("kube-ipvs0", Shell.Run("ip", "link", "show", "kube-ipvs0"));
        Assert.Empty(table.Read());
    });

    [KernelFact]
    public void A_name_that_is_too_long_is_refused_in_words() => NetworkNamespace.Run(() =>
    {
        using var connection = NetlinkConnection.Open(NetlinkProtocol.Route);

        var refusal = Assert.Single(new DummyLinkTable(connection).Add(new DummyLink("sixteen-bytes-xx")));

        Assert.NotEqual(0, refusal.Errno);
        Assert.Contains("sixteen-bytes-xx", refusal.Reason);
    });

    [KernelFact]
    public void Link_facts_tell_kind_state_master_addresses_and_routes() => NetworkNamespace.Run(() =>
    {
        using var connection = NetlinkConnection.Open(NetlinkProtocol.Route);
        Shell.Script("""
            ip link add br0 type bridge
            ip link add v0 type veth peer name v1
            ip link set v0 master br0; ip link set v0 up; ip link set v1 up; ip link set br0 up
            ip addr add 192.0.2.11/24 dev v1; ip -6 addr add fd00:192:2::11/64 dev v1 nodad
            ip link add quiet type dummy; ip addr add 10.96.0.1/32 dev quiet
            ip route add default nexthop via 192.0.2.1 dev v1
            """);

        var facts = new LinkObserver(connection).Observe().ToDictionary(link => link.Name);

        Assert.Equal(("bridge", true, false), (facts["br0"].Kind, facts["br0"].IsUp, facts["br0"].IsNoArp));
        Assert.Equal(facts["br0"].Index, facts["v0"].MasterIndex);
        Assert.True(facts["lo"].IsLoopback);
        Assert.Equal(["127.0.0.1/8", "::1/128"], facts["lo"].Addresses.Select(prefix => prefix.ToString()));
        Assert.Equal(["192.0.2.11/24", "fd00:192:2::11/64"],
            facts["v1"].Addresses.Where(prefix => !prefix.Address.IsLinkLocal).Select(prefix => prefix.ToString()));
        Assert.True(facts["v1"].HasRoutes);
        Assert.False(facts["v0"].HasRoutes);
        Assert.Equal(("dummy", false, true, false), (facts["quiet"].Kind, facts["quiet"].IsUp, facts["quiet"].IsNoArp, facts["quiet"].HasRoutes));
        Assert.Equal(facts.Values, new LinkObserver(connection).Observe());
    });

    [KernelFact]
    public void The_monitor_tells_of_links_addresses_and_routes_and_stops() => NetworkNamespace.Run(() =>
    {
        var seen = new BlockingCollection<RouteChanges>();
        var monitor = new RouteMonitor(RouteChanges.Links | RouteChanges.Addresses | RouteChanges.Routes, seen.Add);
        void Expect(RouteChanges kind, string command)
        {
            Shell.Script(command);
            RouteChanges got;
            do
            {
                Assert.True(seen.TryTake(out got, TimeSpan.FromSeconds(10)), $"nothing came of: {command}");
            }
            while (!got.HasFlag(kind));
        }

        Expect(RouteChanges.Links, "ip link add d0 type dummy");
        Expect(RouteChanges.Addresses, "ip addr add 10.0.0.1/32 dev d0");
        Expect(RouteChanges.Addresses, "ip -6 addr add fd00::1/128 dev d0");
        Expect(RouteChanges.Routes, "ip route add local 10.0.0.2 dev d0 table local");
        Expect(RouteChanges.Links, "ip link del d0");
        monitor.Dispose();
        while (seen.TryTake(out _))
        {
        }
        Shell.Script("ip link add d1 type dummy");
        Assert.False(seen.TryTake(out _, TimeSpan.FromMilliseconds(200)));
    });

    [KernelFact]
    public void A_monitor_that_was_too_slow_hears_that_it_lost_something_and_goes_on() => NetworkNamespace.Run(() =>
    {
        using var connection = NetlinkConnection.Open(NetlinkProtocol.Route);
        var links = new DummyLinkTable(connection);
        links.Add(new DummyLink("d0"));
        var routes = new LinkAddressTable(connection, ["d0"]);
        using var go = new ManualResetEventSlim();
        using var lost = new ManualResetEventSlim();
        using var again = new ManualResetEventSlim();
        using var monitor = new RouteMonitor(RouteChanges.Routes | RouteChanges.Links, changes =>
        {
            go.Wait();
            if (changes.HasFlag(RouteChanges.Lost))
            {
                lost.Set();
            }
            if (lost.IsSet && changes.HasFlag(RouteChanges.Links))
            {
                again.Set();
            }
        });

        // Far more than the socket's 4 MiB hold while its listener is stuck.
        var rows = Enumerable.Range(0, 30_000).Select(i =>
            new LinkAddress(new("d0", InetAddress.FromBytes([10, 96, (byte)(i >> 8), (byte)i])), AddressBinding.Route)).ToArray();
        Assert.Empty(routes.Add(rows));
        Assert.Empty(routes.Remove(rows));
        go.Set();
        Assert.True(lost.Wait(TimeSpan.FromSeconds(20)));
        links.Add(new DummyLink("d1"));
        Assert.True(again.Wait(TimeSpan.FromSeconds(20)));
    });

    [KernelFact]
    public void A_monitor_whose_socket_breaks_opens_another_tells_of_the_loss_and_goes_on() => NetworkNamespace.Run(() =>
    {
        var seen = new BlockingCollection<RouteChanges>();
        using var monitor = new RouteMonitor(RouteChanges.Links, seen.Add);
        // The descriptor becomes that of a file, as if somebody had closed it and opened another.
        using (var nothing = File.OpenHandle("/dev/null"))
        {
            Assert.True(dup2((int)nothing.DangerousGetHandle(), (int)monitor.Handle!.DangerousGetHandle()) >= 0);
        }

        Shell.Script("ip link add d0 type dummy");
        Expect(RouteChanges.Lost);
        Shell.Script("ip link add d1 type dummy");
        Expect(RouteChanges.Links);

        void Expect(RouteChanges kind)
        {
            RouteChanges got;
            do
            {
                Assert.True(seen.TryTake(out got, TimeSpan.FromSeconds(10)), $"no {kind}");
            }
            while (!got.HasFlag(kind));
        }
    });

    [System.Runtime.InteropServices.LibraryImport("libc", SetLastError = true)]
    private static partial int dup2(int from, int to);
}
