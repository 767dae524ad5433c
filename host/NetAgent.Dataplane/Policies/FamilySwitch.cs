using NetAgent.Contracts;
using NetAgent.Dataplane.Rows;
using NetAgent.Dataplane.Tables;

namespace NetAgent.Dataplane.Policies;

/// <summary>
/// Whether a plugin's rows of a family can work on this node at all. Those of one that is off are as if nobody wanted them: they are not
/// written, leave the kernel, and come back when it is on. Only IPv6 can be off; values decide, per interface, and may change at any time.
/// </summary>
internal sealed class FamilySwitch(PluginRegistry plugins)
{
    private Dictionary<ushort, FamilyOff> _off = [];

    /// <summary>Plugins of which IPv6 is off, and why.</summary>
    public IReadOnlyDictionary<ushort, FamilyOff> Off => _off;

    public bool IsAnyOff => _off.Count > 0;

    public bool IsOff(ushort plugin, IpFamily family) => IsAnyOff && family == IpFamily.IPv6 && _off.ContainsKey(plugin);

    /// <summary>Takes what the node has now; true when the answer for some plugin is another than before.</summary>
    public bool Take(IPv6Facts facts)
    {
        var claimed = plugins.Claims.SelectMany(entry => entry.Claims.Claims.Links).ToHashSet(StringComparer.Ordinal);
        var others = facts.Links.Where(link => !claimed.Contains(link.Key)).Select(link => link.Value).ToArray();
        var isOnSomewhere = others.Length == 0 ? facts.IsOnForNewLinks : others.Contains(true);
        var now = new Dictionary<ushort, FamilyOff>();
        foreach (var plugin in plugins.Known.Where(plugin => plugin.Slice is not null))
        {
            if (Judge(plugin.Claims.Claims, facts, isOnSomewhere) is { } off)
            {
                now[plugin.Id] = off;
            }
        }
        var isAnother = now.Count != _off.Count || now.Any(off => !_off.TryGetValue(off.Key, out var before) || before != off.Value);
        _off = now;
        return isAnother;
    }

    private static FamilyOff? Judge(PluginClaims claims, IPv6Facts facts, bool isOnSomewhere)
    {
        if (!facts.HasStack)
        {
            return new(FamilyOffCause.NoStack, "", "");
        }
        if (!isOnSomewhere)
        {
            return new(FamilyOffCause.EveryLink, "", "");
        }
        foreach (var link in (IReadOnlyList<string>)claims.Links)
        {
            if (!facts.Links.TryGetValue(link, out var isOn))
            {
                if (!facts.IsOnForNewLinks)
                {
                    return new(FamilyOffCause.NewLinks, link, "");
                }
            }
            else if (!isOn)
            {
                return new(FamilyOffCause.OwnLink, link, "");
            }
        }
        foreach (var table in claims.Chains.Select(chain => chain.Table).Concat(claims.Jumps.Select(jump => jump.Table)))
        {
            if (facts.MissingTables.TryGetValue(table, out var problem))
            {
                return new(FamilyOffCause.Rules, table, problem);
            }
        }
        return null;
    }
}

/// <summary>What switches a family off.</summary>
internal enum FamilyOffCause
{
    /// <summary>The kernel has no IPv6.</summary>
    NoStack,

    /// <summary>disable_ipv6 is 1 on every interface that is not the agent's.</summary>
    EveryLink,

    /// <summary>disable_ipv6 is 1 on an interface of the agent's.</summary>
    OwnLink,

    /// <summary>disable_ipv6 would be 1 on an interface of the agent's that has yet to be made.</summary>
    NewLinks,

    /// <summary>Its rules cannot be written, and what cannot be filtered is not served.</summary>
    Rules,
}

/// <summary>Why a family is off.</summary>
/// <param name="Cause">The kind.</param>
/// <param name="Subject">The interface or table; empty for the node as a whole.</param>
/// <param name="Problem">What is wrong with the table and what helps.</param>
internal readonly record struct FamilyOff(FamilyOffCause Cause, string Subject, string Problem)
{
    public string Text => Cause switch
    {
        FamilyOffCause.NoStack => "this kernel has no IPv6 (built without it, or booted with ipv6.disable=1)",
        FamilyOffCause.EveryLink => "IPv6 is switched off on every interface of this node (net.ipv6.conf.INTERFACE.disable_ipv6 is 1)",
        FamilyOffCause.OwnLink => $"IPv6 is switched off on {Subject}: sysctl -w net.ipv6.conf.{Subject}.disable_ipv6=0 switches it on",
        FamilyOffCause.NewLinks => $"IPv6 is switched off for new interfaces, such as {Subject} will be: sysctl -w net.ipv6.conf.default.disable_ipv6=0 switches it on",
        _ => Problem,
    };
}
