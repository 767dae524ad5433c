using NetAgent.Contracts;
using NetAgent.Dataplane.Iptables;
using NetAgent.Dataplane.Reconcile;
using NetAgent.Dataplane.Rows;

namespace NetAgent.Dataplane.Kinds;

/// <summary>
/// Which unwanted rows of an earlier run stay, because what could not be read may own them. A row whose owner is known is never among them:
/// what belongs to a virtual server that somebody wants is that one's.
/// </summary>
internal sealed class Withheld(TableSet tables) : IPassPolicy
{
    // Decided before the first write: afterwards every wanted real server is there.
    private readonly Dictionary<VirtualServerKey, bool> _hasOtherOwner = [];
    private readonly HashSet<InetAddress> _addresses = [];
    private readonly HashSet<string> _sets = new(StringComparer.Ordinal);

    public Withholding Now { get; private set; } = Withholding.Nothing;

    public void Take(Withholding now)
    {
        Now = now;
        _hasOtherOwner.Clear();
        Forget();
    }

    public void Survey()
    {
        if (Now.IsNothing)
        {
            return;
        }
        DecideOwners();
        var before = (_sets.Count, _addresses.Count);
        Forget();
        foreach (var slot in tables.IpSetEntries.Standing.Withheld)
        {
            _sets.Add(tables.IpSetEntries.Rows[slot].Row.Set);
        }
        foreach (var slot in tables.VirtualServers.Standing.Withheld)
        {
            _addresses.Add(tables.VirtualServers.Rows[slot].Row.Key.Address);
        }
        if (before != (_sets.Count, _addresses.Count))
        {
            tables.Chains.LookAtAll();
        }
    }

    public bool Other(bool isInherited) => isInherited && Now.Services;

    /// <summary>Also an address that a Service known to be gone gave up: another port of it may be in use.</summary>
    public bool Address(LinkAddress row, bool isInherited) => Now.Services && (isInherited || _addresses.Contains(row.Key.Address));

    public bool Entry(IpSetEntry row, bool isInherited) => isInherited && !Now.IsNothing
        && (row.Address.IsNone || !tables.VirtualServers.Standing.IsClaimed(new(row.Protocol, row.Address, row.Port)));

    public bool RealServer(RealServer row, bool isInherited)
    {
        var server = row.Key.Server;
        if (!isInherited)
        {
            return false;
        }
        return tables.VirtualServers.Standing.IsClaimed(server)
            ? Now.Endpoints?.Invoke(server) == true && !_hasOtherOwner.GetValueOrDefault(server)
            : tables.VirtualServers.Standing.IsWithheld(server);
    }

    /// <summary>The chain with those of its rules that serve what stays: a set that no rule matches any more is as good as gone.</summary>
    public Chain Chain(Chain wanted)
    {
        if (_sets.Count + _addresses.Count == 0
            || tables.Chains.Rows.Find(wanted.Key) is var slot && (slot < 0 || !tables.Chains.Rows[slot].Is(SlotStates.Present)))
        {
            return wanted;
        }
        var rules = new List<string>((IReadOnlyList<string>)wanted.Rules);
        var at = 0;
        foreach (var rule in (IReadOnlyList<string>)tables.Chains.Rows.Actual(slot).Rules)
        {
            if (rules.FindIndex(at, other => RuleText.Same(wanted.Key.Family, rule, other)) is >= 0 and var same)
            {
                at = same + 1;
            }
            else if (Serves(rule))
            {
                rules.Insert(at++, rule);
            }
        }
        return rules.Count == wanted.Rules.Count ? wanted : wanted with { Rules = rules.ToEquatableArray() };
    }

    private bool Serves(string rule) => RuleSets.Of(rule).Any(_sets.Contains)
        || (_addresses.Count > 0
        && rule.Split(' ').Any(word => InetPrefix.TryParse(word, out var prefix) && prefix.Length == prefix.Address.BitCount
            ? _addresses.Contains(prefix.Address)
            : InetAddress.TryParse(word, out var address) && _addresses.Contains(address)));

    // Real servers of which the kernel has none, where it has others: the address went from one Service to another. The clients of the one
    // must not be led to the pods of the other.
    private void DecideOwners()
    {
        var open = tables.RealServers.Rows.Inherited.Select(slot => tables.RealServers.Rows[slot].Row.Key.Server)
            .Where(server => !_hasOtherOwner.ContainsKey(server) && tables.VirtualServers.Standing.IsClaimed(server)).ToHashSet();
        if (open.Count == 0)
        {
            return;
        }
        var (wanted, there) = (new HashSet<VirtualServerKey>(), new HashSet<VirtualServerKey>());
        var rows = tables.RealServers.Rows;
        for (var slot = 0; slot < rows.End; slot++)
        {
            ref var row = ref rows[slot];
            if (row.Is(SlotStates.Claimed) && open.Contains(row.Row.Key.Server))
            {
                wanted.Add(row.Row.Key.Server);
                if (row.Is(SlotStates.Present))
                {
                    there.Add(row.Row.Key.Server);
                }
            }
        }
        foreach (var server in open)
        {
            _hasOtherOwner[server] = wanted.Contains(server) && !there.Contains(server);
        }
    }

    private void Forget()
    {
        _sets.Clear();
        _addresses.Clear();
    }
}
