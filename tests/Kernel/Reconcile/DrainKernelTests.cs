using System.Net;
using System.Net.Sockets;
using NetAgent.Contracts;
using NetAgent.Dataplane.Linux;
using NetAgent.TestKit;

namespace NetAgent.Kernel.Tests.Reconcile;

[Trait("Category", "Kernel")]
public sealed class DrainKernelTests
{
    private static readonly VirtualServerKey _server = new(IpProtocol.Tcp, InetAddress.Parse("10.96.0.1"), 80);

    [KernelFact]
    public void A_real_server_drains_while_a_connection_is_open_and_goes_when_the_limit_passes() => NetworkNamespace.Run(() =>
    {
        var folder = Directory.CreateTempSubdirectory("netagent-drain-").FullName;
        try
        {
            Shell.Script("ip link set lo up; ip addr add 10.0.0.9/32 dev lo");
            using var dataplane = LinuxDataplane.Open(new() { StateDirectory = folder, DrainLimit = TimeSpan.FromSeconds(3) });
            var slice = dataplane.OpenSlice("ipvs", new() { VirtualServers = [VirtualServerClaim.All], Links = ["kube-ipvs0"] });
            Want(slice, "10.0.0.9");
            dataplane.MarkComplete("ipvs");
            Assert.True(dataplane.Sync(verify: false, TestContext.Current.CancellationToken).IsComplete);
            using var listener = new TcpListener(IPAddress.Parse("10.0.0.9"), 8080);
            listener.Start();
            using var client = new TcpClient();
            client.Connect(IPAddress.Parse("10.96.0.1"), 80);
            using var accepted = listener.AcceptTcpClient();

            Want(slice);
            Assert.Equal(1, dataplane.Sync(verify: false, TestContext.Current.CancellationToken).Draining);
            Assert.Contains("-r 10.0.0.9:8080 -m -w 0", Shell.Run("ipvsadm", "-Sn"), StringComparison.Ordinal);
            client.GetStream().Write("x"u8);
            Assert.Equal('x', accepted.GetStream().ReadByte());

            var draining = System.Diagnostics.Stopwatch.StartNew();
            while (dataplane.Sync(verify: false, TestContext.Current.CancellationToken).Draining > 0)
            {
                Assert.True(draining.Elapsed < TimeSpan.FromSeconds(20), "the limit of 3 s has long passed");
                Thread.Sleep(200);
            }
            Assert.True(draining.Elapsed > TimeSpan.FromSeconds(2), $"gone after {draining.Elapsed} with a connection open");
            Assert.DoesNotContain("10.0.0.9", Shell.Run("ipvsadm", "-Sn"), StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    });

    private static void Want(ISlice slice, params string[] endpoints)
    {
        var rows = new RowSet();
        rows.Links.Add(new("kube-ipvs0"));
        rows.Addresses.Add(new(new("kube-ipvs0", _server.Address), AddressBinding.Address));
        rows.VirtualServers.Add(new(_server, "rr"));
        foreach (var endpoint in endpoints)
        {
            rows.RealServers.Add(new(new(_server, InetAddress.Parse(endpoint), 8080), 1));
        }
        slice.Replace("service", rows);
    }
}
