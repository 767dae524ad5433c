using NetAgent.Contracts;
using NetAgent.Dataplane.Tables;

namespace NetAgent.Dataplane.Ownership;

/// <summary>
/// Keeps what a sysctl was before the agent first wrote it, on disk before the write, and puts it back when the row goes, unless
/// somebody else has changed it since. The first value stays on record while the plugin may write it;
/// later foreign values never replace it.
/// </summary>
/// <param name="kernel">Reads and writes.</param>
/// <param name="file">Where it is kept.</param>
/// <param name="pluginOf">Who wants a path.</param>
/// <param name="cover">Says which paths to read.</param>
/// <param name="indexOf">ifindex of an interface; 0 where there is none.</param>
internal sealed class RestoringSysctls(
    IKernelTable<string, Sysctl> kernel, StateFile file, Func<string, string> pluginOf, Action<IReadOnlyCollection<string>> cover,
    Func<string, int> indexOf)
    : IKernelTable<string, Sysctl>, IRowMeaning<Sysctl>
{
    public string Name => kernel.Name;

    public IReadOnlyDictionary<string, Sysctl> Read() => kernel.Read();

    public bool Satisfies(Sysctl actual, Sysctl wanted) => kernel is IRowMeaning<Sysctl> meaning && meaning.Satisfies(actual, wanted);

    public void Apply(IReadOnlyList<RowChange<Sysctl>> changes, ICollection<RowRefusal> refusals)
    {
        cover([.. changes.Select(change => change.Row.Path)]);
        var now = kernel.Read();
        var state = file.State;
        var steps = new List<(int Index, RowChange<Sysctl> Change)>(changes.Count);
        for (var i = 0; i < changes.Count; i++)
        {
            var (kind, row, _) = changes[i];
            var current = now.TryGetValue(row.Path, out var found) ? found : default;
            var saved = state.Sysctls.GetValueOrDefault(row.Path);
            if (kind != RowChangeKind.Remove)
            {
                Remember(row, current.Value, saved);
                steps.Add((i, changes[i]));
            }
            else if (saved?.Written is not null && current.Value is not null && Same(current.Value, saved.Written))
            {
                var restored = row with { Value = saved.Previous, Rule = SysctlRule.Exactly };
                steps.Add((i, new(RowChangeKind.Replace, restored, current)));
            }
            else if (saved is not null && current.Value is not null)
            {
                state.SetSysctl(row.Path, saved with { Written = null });
            }
            else
            {
                state.RemoveSysctl(row.Path);
            }
        }
        if (state.IsUrgent)
        {
            file.Save();
        }
        var refused = new List<RowRefusal>();
        kernel.Apply(steps.ConvertAll(step => step.Change), refused);
        foreach (var refusal in refused)
        {
            refusals.Add(refusal with { Index = steps[refusal.Index].Index });
        }
        var failed = refused.Select(r => r.Index).ToHashSet();
        var after = kernel.Read();
        for (var i = 0; i < steps.Count; i++)
        {
            var path = steps[i].Change.Row.Path;
            if (failed.Contains(i))
            {
                continue;
            }
            if (changes[steps[i].Index].Kind == RowChangeKind.Remove)
            {
                state.RemoveSysctl(path);
            }
            else if (state.Sysctls.TryGetValue(path, out var saved) && after.TryGetValue(path, out var became))
            {
                // The kernel rounds some (nf_conntrack_buckets); what it made of ours is ours.
                state.SetSysctl(path, saved with { Written = became.Value });
            }
        }
    }

    private void Remember(Sysctl row, string? current, SavedSysctl? saved)
    {
        if (saved is not null)
        {
            file.State.SetSysctl(row.Path, saved with { Plugin = pluginOf(row.Path), Written = row.Value });
        }
        else if (current is not null && !Same(current, row.Value))
        {
            file.State.SetSysctl(row.Path,
                new(pluginOf(row.Path), current, row.Value, LinkSysctl.LinkOf(row.Path) is { } link ? indexOf(link) : 0));
        }
    }

    // The kernel separates several numbers by tabs, whatever was written.
    private static bool Same(string left, string right) =>
        left.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
            .SequenceEqual(right.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
