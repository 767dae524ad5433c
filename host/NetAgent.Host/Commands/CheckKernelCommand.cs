using System.CommandLine;
using NetAgent.Contracts;
using NetAgent.Dataplane;
using NetAgent.Host.Composition;
using NetAgent.Host.Status;

namespace NetAgent.Host.Commands;

/// <summary>
/// <c>netagent check kernel</c>: what this kernel can do. IPVS is asked for its schedulers with a virtual server of a test network's.
/// </summary>
internal static class CheckKernelCommand
{
    public static Command Create(Backends backends, CommonOptions common)
    {
        var command = new Command("kernel", "Say what this kernel can do and what it lacks, with the fix.") { common.Output };
        command.SetAction(line =>
        {
            using var scratch = new ScratchState("");
            using var dataplane = backends.OpenDataplane(new() { StateDirectory = scratch.Directory, Time = backends.Time });
            var can = dataplane.Capabilities;
            var schedulers = dataplane.Observe(new() { IpvsSchedulers = true }).IpvsSchedulers;
            if (line.GetValue(common.Output) == "json")
            {
                backends.Output.WriteLine(ToJson(can, schedulers));
            }
            else
            {
                Write(can, schedulers, backends.Output);
                foreach (var problem in can.Problems)
                {
                    backends.Error.WriteLine(problem);
                }
            }
            return can.Problems.IsEmpty ? ExitCode.Success : ExitCode.Differences;
        });
        return command;
    }

    private static void Write(KernelCapabilities can, EquatableArray<string>? schedulers, TextWriter output)
    {
        var table = new TextTable("PART", "STATE");
        table.Add("IPVS", can.Ipvs ? "yes" : "missing");
        table.Add("IPVS schedulers", schedulers is { } known ? string.Join(' ', known) : "not known");
        table.Add("ipset", can.IpSet ? "yes" : "missing");
        table.Add("iptables", can.Iptables4 ?? "missing");
        table.Add("ip6tables", can.Iptables6 ?? "missing");
        table.WriteTo(output);
    }

    private static string ToJson(KernelCapabilities can, EquatableArray<string>? schedulers) => JsonBody.Text(json =>
    {
        json.WriteStartObject();
        json.WriteBoolean("ipvs", can.Ipvs);
        WriteTexts("ipvsSchedulers", schedulers);
        json.WriteBoolean("ipset", can.IpSet);
        json.WriteString("iptables", can.Iptables4);
        json.WriteString("ip6tables", can.Iptables6);
        WriteTexts("problems", can.Problems);
        json.WriteEndObject();

        void WriteTexts(string name, EquatableArray<string>? texts)
        {
            if (texts is null)
            {
                json.WriteNull(name);
                return;
            }
            json.WriteStartArray(name);
            foreach (var text in texts)
            {
                json.WriteStringValue(text);
            }
            json.WriteEndArray();
        }
    });
}
