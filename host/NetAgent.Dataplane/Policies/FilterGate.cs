using NetAgent.Contracts;
using NetAgent.Dataplane.Reconcile;

namespace NetAgent.Dataplane.Policies;

/// <summary>
/// Holds back what would draw packets in while the rules that are to filter them are not all in place: a plugin's new virtual servers and
/// addresses wait for its chains and jumps of the same family. What is in the kernel already is left as it is and still follows changes.
/// </summary>
internal sealed class FilterGate(RowStanding<ChainKey, Chain> chains, RowStanding<JumpKey, Jump> jumps) : IPassPolicy
{
    private readonly Dictionary<(ushort Plugin, IpFamily Family), string?> _answers = [];

    public void Begin() => _answers.Clear();

    /// <summary>The first chain or jump that is not as the plugin wants it; null when all are.</summary>
    public string? WaitsFor(ushort plugin, IpFamily family)
    {
        if (!_answers.TryGetValue((plugin, family), out var answer))
        {
            answer = chains.FirstUnwritten(plugin, row => row.Key.Family == family) is { } chain ? $"chain {chain}"
                : jumps.FirstUnwritten(plugin, row => row.Key.Family == family) is { } jump ? $"jump {jump}"
                : null;
            _answers.Add((plugin, family), answer);
        }
        return answer;
    }
}
