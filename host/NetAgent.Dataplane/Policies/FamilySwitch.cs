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
    private const int LinksNamed = 5;

    private Dictionary<ushort, FamilyOff> _off = [];

    /// <summary>Plugins of which IPv6 is off, and why.</summary>
    public IReadOnlyDictionary<ushort, FamilyOff> Off => _off;

    public bool IsAnyOff => _off.Count > 0;

    public bool IsOff(ushort plugin, IpFamily family) => IsAnyOff && family == IpFamily.IPv6 && _off.ContainsKey(plugin);

    /// <summary>Takes what the node has now; true when the answer for some plugin is another than before.</summary>
    public bool Take(IPv6Facts facts)
    {
        var claimed = plugins.Claims.SelectMany(entry => entry.Claims.Claims.Links).ToHashSet(StringComparer.Ordinal);
        var others = facts.Links.Where(link => !claimed.Contains(link.Key)).ToArray();
        var isOnSomewhere = others.Length == 0 ? facts.IsOnForNewLinks : others.Any(link => link.Value);
        var off = string.Join(", ", others.Select(link => link.Key).Order(StringComparer.Ordinal).Take(LinksNamed)) + (others.Length > LinksNamed ? " …" : "");
        var now = new Dictionary<ushort, FamilyOff>();
        foreach (var plugin in plugins.Known.Where(plugin => plugin.Slice is not null))
        {
            if (Judge(plugin.Claims.Claims, facts, isOnSomewhere ? null : off) is { } why)
            {
                now[plugin.Id] = why;
            }
        }
        var isAnother = now.Count != _off.Count || now.Any(off => !_off.TryGetValue(off.Key, out var before) || before != off.Value);
        _off = now;
        return isAnother;
    }

    /// <param name="claims">What the plugin needs.</param>
    /// <param name="facts">What the node has.</param>
    /// <param name="everyLink">Interfaces beside the agent's, where IPv6 is off on all of them; else null.</param>
    private static FamilyOff? Judge(PluginClaims claims, IPv6Facts facts, string? everyLink)
    {
        if (!facts.HasStack)
        {
            return new(FamilyOffCause.NoStack, "", "");
        }
        if (everyLink is not null)
        {
            return new(FamilyOffCause.EveryLink, everyLink, "");
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
/// <param name="Subject">The interface, interfaces or table; empty for the node as a whole.</param>
/// <param name="Problem">What is wrong with the table and what helps.</param>
internal readonly record struct FamilyOff(FamilyOffCause Cause, string Subject, string Problem)
{
    public string Text => Cause switch
    {
        FamilyOffCause.NoStack => "this kernel has no IPv6 (built without it, or booted with ipv6.disable=1)",
        FamilyOffCause.EveryLink => Subject.Length == 0
            ? "IPv6 is switched off for every interface that this node will have (net.ipv6.conf.default.disable_ipv6 is 1)"
            : $"IPv6 is switched off on every interface of this node that leads anywhere ({Subject}: net.ipv6.conf.INTERFACE.disable_ipv6 is 1)",
        FamilyOffCause.OwnLink => $"IPv6 is switched off on {Subject}: sysctl -w net.ipv6.conf.{Subject}.disable_ipv6=0 switches it on",
        FamilyOffCause.NewLinks => $"IPv6 is switched off for new interfaces, such as {Subject} will be: sysctl -w net.ipv6.conf.default.disable_ipv6=0 switches it on",
        _ => Problem,
    };
}
