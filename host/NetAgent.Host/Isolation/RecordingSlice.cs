using NetAgent.Contracts;
using NetAgent.Host.Isolation.Wire;
using NetAgent.Host.Plugins.Calls;

namespace NetAgent.Host.Isolation;

/// <summary>The slice as a plugin in a process of its own sees it: answers from memory, writes down every step for the host.</summary>
internal sealed class RecordingSlice(StagedSlice mirror, WireWriter steps) : ISlice
{
    public IReadOnlyCollection<string> Scopes => mirror.Scopes;

    public int CountEntries(string set) => mirror.CountEntries(set);

    public void Replace(string scope, RowSet rows)
    {
        ArgumentNullException.ThrowIfNull(scope);
        mirror.Replace(scope, rows);
        SliceCodec.WriteReplace(steps, scope, rows);
    }

    public void Remove(string scope)
    {
        ArgumentNullException.ThrowIfNull(scope);
        mirror.Remove(scope);
        SliceCodec.WriteRemove(steps, scope);
    }
}
