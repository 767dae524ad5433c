using NetAgent.Contracts;
using NetAgent.Dataplane.Rows;

namespace NetAgent.Dataplane.Policies;

/// <summary>
/// Which of several scopes gets a virtual server when a plugin starts. Age is not known over a restart, so what the kernel holds tells:
/// the scope whose real servers are there, which had it before. Where that says nothing, the first by name.
/// </summary>
internal sealed class HolderAdoption(
    RowTable<VirtualServerKey, VirtualServer> servers,
    RowTable<RealServerKey, RealServer> realServers,
    int realServerKind,
    PluginRegistry plugins,
    ScopeBook scopes)
{
    /// <summary>For plugins that have not said yet all they want since they started; from then on age counts.</summary>
    public void Choose()
    {
        foreach (var slot in servers.Claims.Shared.Keys.Where(slot => !plugins[servers[slot].Plugin].IsAdopted).ToArray())
        {
            var server = servers[slot].Row.Key;
            var winner = servers.Claims.Shared[slot].Select(claim => claim.Scope).Append(servers[slot].Holder)
                .Select(id => (Scope: scopes[id], Match: Match(scopes[id], server)))
                .OrderByDescending(claim => claim.Match.Present)
                .ThenBy(claim => claim.Match.Absent)
                .ThenBy(claim => claim.Scope.Name, StringComparer.Ordinal)
                .First();
            servers.Claims.Promote(slot, winner.Scope.Id);
        }
    }

    private (int Present, int Absent) Match(Scope scope, VirtualServerKey server)
    {
        var (present, absent) = (0, 0);
        foreach (var slot in scope.Rows(realServerKind))
        {
            ref var row = ref realServers[slot];
            if (row.Row.Key.Server == server)
            {
                (present, absent) = row.Is(SlotStates.Present) ? (present + 1, absent) : (present, absent + 1);
            }
        }
        // Without any present, the number of real servers says nothing.
        return present == 0 ? (0, 0) : (present, absent);
    }
}
