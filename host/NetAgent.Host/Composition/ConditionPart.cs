using NetAgent.Host.Loop;
using NetAgent.Host.Status;

namespace NetAgent.Host.Composition;

/// <summary>Keeps this Node's condition, and says on the way out that nobody does any more.</summary>
internal sealed class ConditionPart(ConditionKeeper keeper, SyncLoop loop, AgentFault fault) : AgentPart(fault)
{
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        loop.Rounded += keeper.Wake;
        return base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        loop.Rounded -= keeper.Wake;
        await keeper.StopAsync();
    }

    protected override Task RunAsync(CancellationToken cancellationToken) => keeper.RunAsync(cancellationToken);
}
