using NetAgent.Contracts;
using NetAgent.Dataplane.Tables;

namespace NetAgent.Dataplane.Ownership;

/// <summary>
/// Keeps what the IPVS timeouts were before the agent first wrote them, on disk before the write, and puts each back when the row goes,
/// unless somebody else has changed it since.
/// </summary>
internal sealed class RestoringTimeouts(IKernelTable<string, IpvsTimeouts> kernel, StateFile file, Func<string> plugin)
    : IKernelTable<string, IpvsTimeouts>
{
    public string Name => kernel.Name;

    public IReadOnlyDictionary<string, IpvsTimeouts> Read() => kernel.Read();

    public void Apply(IReadOnlyList<RowChange<IpvsTimeouts>> changes, ICollection<RowRefusal> refusals)
    {
        for (var i = 0; i < changes.Count; i++)
        {
            var refused = new List<RowRefusal>();
            if (changes[i].Kind == RowChangeKind.Remove)
            {
                Restore(refused);
            }
            else
            {
                Remember(changes[i].Row);
                kernel.Apply([changes[i]], refused);
            }
            refused.ForEach(refusal => refusals.Add(refusal with { Index = i }));
        }
    }

    private void Remember(IpvsTimeouts wanted)
    {
        var saved = file.State.Timeouts;
        var previous = saved?.Previous ?? kernel.Read().Values.Single();
        file.State.SetTimeouts(
            new(plugin(), previous, Combine(wanted, saved?.Written ?? default, static (now, before) => now == 0 ? before : now)));
        if (file.State.IsUrgent)
        {
            file.Save();
        }
    }

    private void Restore(List<RowRefusal> refused)
    {
        if (file.State.Timeouts is not { } saved)
        {
            return;
        }
        var current = kernel.Read().Values.Single();
        var ours = Combine(current, saved.Written, static (now, written) => now == written ? now : 0);
        var restored = Combine(ours, saved.Previous, static (mine, previous) => mine == 0 ? 0 : previous);
        if (restored != default)
        {
            kernel.Apply([new(RowChangeKind.Replace, restored, current)], refused);
        }
        if (refused.Count == 0)
        {
            file.State.SetTimeouts(null);
        }
    }

    private static IpvsTimeouts Combine(IpvsTimeouts left, IpvsTimeouts right, Func<uint, uint, uint> choose) => new(
        choose(left.TcpSeconds, right.TcpSeconds), choose(left.TcpFinSeconds, right.TcpFinSeconds),
        choose(left.UdpSeconds, right.UdpSeconds));
}
