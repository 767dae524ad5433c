using NetAgent.Contracts;

namespace NetAgent.Plugins.MetallbArp.Planning;

/// <summary>
/// Interfaces whose own value was found too high. Once lowered it looks like any other right value, and must stay wanted in mode all: the
/// too high one would come back. What another mode wrote must not stay, or the outcome would depend on the way there.
/// </summary>
internal sealed class LoweredValues
{
    private readonly HashSet<string> _paths = new(StringComparer.Ordinal);
    private bool _isFirst = true;

    /// <summary>Looks at one value; true while it is too high or was and now is as wanted.</summary>
    public bool Look(ArpSetting setting, string link, NodeFacts facts)
    {
        var own = setting.ValueOf(link, facts);
        // After a restart nothing is remembered. Where conf/all is as mode all leaves it, a right value may have been lowered by the last
        // run.
        var mayBeOfLastRun = _isFirst && own == setting.Wanted && setting.ValueOf("all", facts) == setting.Wanted;
        if (own > setting.HighestRight || mayBeOfLastRun)
        {
            _paths.Add(setting.PathOf(link));
        }
        else if (own != setting.Wanted)
        {
            _paths.Remove(setting.PathOf(link));
        }
        return _paths.Contains(setting.PathOf(link));
    }

    /// <summary>The first look at the node's links is over.</summary>
    public void Looked() => _isFirst = false;
}
