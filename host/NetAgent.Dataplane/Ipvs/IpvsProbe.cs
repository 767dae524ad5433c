using System.ComponentModel;
using System.Diagnostics;
using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;

namespace NetAgent.Dataplane.Ipvs;

/// <summary>What IPVS_CMD_GET_INFO tells.</summary>
/// <param name="Version">Of IPVS, 1.2.1 for a decade now.</param>
/// <param name="ConnectionTableSize">Buckets of the connection table (module parameter conn_tab_bits).</param>
internal readonly record struct IpvsInfo(Version Version, uint ConnectionTableSize);

/// <summary>What the IPVS of this kernel can do. For start-up: it may load modules and takes a moment.</summary>
internal sealed class IpvsProbe(IpvsSocket socket)
{
    private const int FirstPort = 20000;
    private const int LastPort = 20063;

    /// <summary>Every scheduler that Linux ever had (net/netfilter/ipvs/Kconfig).</summary>
    public static readonly EquatableArray<string> KnownSchedulers =
        ["rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "sed", "nq", "fo", "ovf", "mh"];

    // TEST-NET-2, which no one may use; kube-proxy probes with it too.
    private static readonly InetAddress _testAddress = InetAddress.Parse("198.51.100.0");

    /// <summary>Runs modprobe where the kernel could not load ip_vs by itself. The reason when that failed, else null.</summary>
    public static string? LoadModule()
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("modprobe", ["-q", "ip_vs"])
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            });
            if (process is null)
            {
                return "modprobe did not start";
            }
            process.WaitForExit();
            return process.ExitCode == 0 ? null : $"modprobe ip_vs: exit code {process.ExitCode}";
        }
        catch (Win32Exception e)
        {
            return $"modprobe: {e.Message}";
        }
    }

    /// <exception cref="KernelException">The kernel did not answer.</exception>
    public IpvsInfo ReadInfo()
    {
        uint version = 0, size = 0;
        _ = socket.Connection.Ask(IpvsCommand.GetInfo.Spell(), socket, WriteInfoQuestion, () => 0, (message, _) =>
        {
            foreach (var attribute in message.Attributes(GenericNetlink.HeaderLength))
            {
                switch (attribute.Type)
                {
                    case IpvsAttribute.InfoVersion:
                        version = attribute.ReadUInt32();
                        break;
                    case IpvsAttribute.InfoTableSize:
                        size = attribute.ReadUInt32();
                        break;
                }
            }
        });
        return new(new((int)(version >> 16), (int)(version >> 8 & 0xff), (int)(version & 0xff)), size);
    }

    /// <summary>
    /// The schedulers that a virtual server can have here: those in use, and those with which a test one could be made. It is read back,
    /// since kernels exist that say yes and do nothing; one that exists already is never touched.
    /// </summary>
    /// <exception cref="KernelException">The kernel did not answer.</exception>
    public EquatableArray<string> FindSchedulers()
    {
        var table = new VirtualServerTable(socket);
        var existing = table.Read();
        var inUse = existing.Values.Select(server => server.Scheduler).ToHashSet(StringComparer.Ordinal);
        var key = Enumerable.Range(FirstPort, LastPort - FirstPort + 1)
            .Select(port => new VirtualServerKey(IpProtocol.Tcp, _testAddress, (ushort)port))
            .FirstOrDefault(key => !existing.ContainsKey(key));
        if (key == default)
        {
            throw new KernelException(IpvsCommand.NewService.Spell(), 0,
                $"no free port for a test virtual server on {_testAddress}: {FirstPort} to {LastPort} are all in use");
        }
        return KnownSchedulers.Where(scheduler => inUse.Contains(scheduler) || Accepts(table, key, scheduler)).ToEquatableArray();
    }

    private bool Accepts(VirtualServerTable table, VirtualServerKey key, string scheduler)
    {
        var test = new VirtualServer(key, scheduler);
        // Not Apply, which would turn somebody's new virtual server into ours.
        if (socket.Connection.Send((socket, test), WriteNew) is not null)
        {
            return false;
        }
        var found = table.Find(key);
        table.Apply([new(RowChangeKind.Remove, test, test)], []);
        return found == test;
    }

    private static void WriteInfoQuestion(ref NetlinkWriter writer, IpvsSocket socket)
    {
        var message = socket.Begin(ref writer, IpvsCommand.GetInfo);
        writer.EndMessage(message);
    }

    private static void WriteNew(ref NetlinkWriter writer, (IpvsSocket Socket, VirtualServer Row) test)
    {
        var message = test.Socket.Begin(ref writer, IpvsCommand.NewService);
        VirtualServerCodec.Write(ref writer, test.Row);
        writer.EndMessage(message);
    }
}
