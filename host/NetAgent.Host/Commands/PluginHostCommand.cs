using System.CommandLine;
using NetAgent.Dataplane.Linux;
using NetAgent.Host.Isolation;
using NetAgent.Host.Plugins.Discovery;

namespace NetAgent.Host.Commands;

/// <summary><c>netagent plugin-host</c>: the agent's own child under <c>isolation: process</c>; of no use by hand.</summary>
internal static class PluginHostCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("name");
        var assembly = new Argument<string>("assembly");
        var command = new Command("plugin-host", "Run one plugin for the agent that started this process.") { name, assembly };
        command.Hidden = true;
        command.SetAction(line =>
        {
            var (input, output) = StandardStreams.Take();
            // Writers made before hold a copy of the descriptor.
            Console.SetOut(Console.Error);
            Console.SetIn(TextReader.Null);
            using (input)
            using (output)
            {
                var image = new PluginImage(line.GetRequiredValue(name), line.GetRequiredValue(assembly), "", 0, 0, "", IsDropIn: false);
                return new PluginServer(image, new(input, output)).Run();
            }
        });
        return command;
    }
}
