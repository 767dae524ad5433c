using System.CommandLine;
using NetAgent.Host.Composition;

namespace NetAgent.Host.Commands;

/// <summary><c>netagent check kernel</c> and <c>netagent check arp</c>.</summary>
internal static class CheckCommand
{
    public static Command Create(Backends backends, CommonOptions common) =>
        new("check", "Look at this node without changing anything. Exit code 0: fine; 2: something is not.")
        {
            CheckKernelCommand.Create(backends, common),
            CheckArpCommand.Create(backends, common),
        };
}
