using System.CommandLine;
using NetAgent.Host.Composition;

namespace NetAgent.Host.Commands;

/// <summary><c>netagent check kernel</c> and <c>netagent check arp</c>.</summary>
internal static class CheckCommand
{
    public static Command Create(Backends backends, CommonOptions common) =>
        new("check", "Look at this node without changing anything. Exit code 0: fine; 2: something is not.")
        {
            CreateKernel(backends),
            CheckArpCommand.Create(backends, common),
        };

    private static Command CreateKernel(Backends backends)
    {
        var command = new Command("kernel", "Say what this kernel can do and what it lacks, with the fix.");
        command.SetAction(_ =>
        {
            using var scratch = new ScratchState("");
            using var dataplane = backends.OpenDataplane(new() { StateDirectory = scratch.Directory, Time = backends.Time });
            var can = dataplane.Capabilities;
            var table = new TextTable("PART", "STATE");
            table.Add("IPVS", can.Ipvs ? "yes" : "missing");
            table.Add("ipset", can.IpSet ? "yes" : "missing");
            table.Add("iptables", can.Iptables4 ?? "missing");
            table.Add("ip6tables", can.Iptables6 ?? "missing");
            table.WriteTo(backends.Output);
            foreach (var problem in can.Problems)
            {
                backends.Error.WriteLine(problem);
            }
            return can.Problems.IsEmpty ? ExitCode.Success : ExitCode.Differences;
        });
        return command;
    }
}
