using NetAgent.Contracts;

namespace NetAgent.Dataplane.Rows;

/// <summary>A scope's wish for a row that an older claim holds.</summary>
internal readonly record struct YoungerClaim<TRow>(int Scope, ushort Plugin, TRow Row);

/// <summary>Who wants which rows: the claims of one key stand in order of age, and the first holds.</summary>
internal sealed class Claims<TKey, TRow>(RowTable<TKey, TRow> rows, SlotTable<TKey, TRow> slots)
    where TKey : notnull, IEquatable<TKey>
    where TRow : struct, IRow<TKey>, IEquatable<TRow>
{
    private readonly Dictionary<int, List<YoungerClaim<TRow>>> _younger = [];

    /// <summary>Called with +1 when a plugin first wants a row and -1 when none of its scopes does any more.</summary>
    public Action<ushort, TRow, int>? Counted { get; set; }

    /// <summary>Called when another scope comes to hold a key, with the scopes that want it.</summary>
    public Action<TKey, IReadOnlyList<int>>? HolderChanged { get; set; }

    /// <summary>Keys that somebody wants.</summary>
    public int Count { get; private set; }

    /// <summary>Keys with more than one claim, with the claims behind the holder's.</summary>
    public IReadOnlyDictionary<int, List<YoungerClaim<TRow>>> Shared => _younger;

    public bool HasClaim(int slot, int scope) => slots[slot].Is(SlotStates.Claimed)
        && (slots[slot].Holder == scope || (_younger.TryGetValue(slot, out var more) && more.Exists(c => c.Scope == scope)));

    /// <summary>Makes a scope's rows of this kind exactly these. Takes its slots and gives those that it has then.</summary>
    public int[] ReplaceScope(int scope, ushort plugin, IList<TRow> wanted, int[] held, Action<TRow, TRow>? duplicate)
    {
        if (wanted.Count == 0 && held.Length == 0)
        {
            return held;
        }
        var now = wanted.Count == held.Length ? held : new int[wanted.Count];
        var before = ReferenceEquals(now, held) ? (int[])held.Clone() : held;
        var count = 0;
        foreach (var row in wanted)
        {
            var slot = slots.GetOrAdd(row, out _);
            if (slots[slot].Is(SlotStates.Touched))
            {
                ReportDuplicate(slot, scope, row, duplicate);
                continue;
            }
            Claim(slot, scope, plugin, row);
            slots[slot].States |= SlotStates.Touched;
            now[count++] = slot;
        }
        foreach (var slot in before)
        {
            if (!slots[slot].Is(SlotStates.Touched))
            {
                Unclaim(slot, scope);
            }
        }
        held = count == now.Length ? now : now[..count];
        foreach (var slot in held)
        {
            slots[slot].States &= ~SlotStates.Touched;
        }
        return held;
    }

    /// <summary>Drops a scope's claims. With <paramref name="forget"/> the kernel keeps the rows, which are no longer known here.</summary>
    public void RemoveScope(int scope, int[] held, bool forget = false)
    {
        foreach (var slot in held)
        {
            Unclaim(slot, scope);
            if (forget && !slots[slot].Is(SlotStates.Claimed))
            {
                rows.SetAbsent(slot);
            }
        }
    }

    /// <summary>Makes a claim the oldest of its key.</summary>
    public void Promote(int slot, int scope)
    {
        ref var held = ref slots[slot];
        if (held.Holder == scope)
        {
            return;
        }
        var claims = _younger[slot];
        var index = claims.FindIndex(c => c.Scope == scope);
        var heir = claims[index];
        claims.RemoveAt(index);
        claims.Insert(0, new(held.Holder, held.Plugin, held.Row));
        (held.Holder, held.Plugin) = (heir.Scope, heir.Plugin);
        if (!held.Row.Equals(heir.Row))
        {
            rows.SetWanted(slot, heir.Row);
            rows.MarkDirty(slot);
        }
        NotifyHolder(slot, scope);
    }

    private void Claim(int slot, int scope, ushort plugin, TRow row)
    {
        ref var held = ref slots[slot];
        if (!held.Is(SlotStates.Claimed))
        {
            held.States = (held.States | SlotStates.Claimed) & ~SlotStates.Draining;
            held.Holder = scope;
            held.Plugin = plugin;
            rows.Inherit(slot, false);
            Count++;
            Counted?.Invoke(plugin, row, 1);
            rows.SetWanted(slot, row);
            rows.MarkDirty(slot);
        }
        else if (held.Holder == scope)
        {
            if (!held.Row.Equals(row))
            {
                rows.SetWanted(slot, row);
                rows.MarkDirty(slot);
            }
        }
        else
        {
            ClaimBehind(slot, new(scope, plugin, row));
        }
    }

    private void ClaimBehind(int slot, YoungerClaim<TRow> claim)
    {
        if (!_younger.TryGetValue(slot, out var claims))
        {
            _younger.Add(slot, claims = []);
            slots[slot].States |= SlotStates.Shared;
        }
        var index = claims.FindIndex(c => c.Scope == claim.Scope);
        if (index >= 0)
        {
            claims[index] = claim;
            return;
        }
        if (!IsWantedBy(slot, claim.Plugin))
        {
            Counted?.Invoke(claim.Plugin, claim.Row, 1);
        }
        claims.Add(claim);
        NotifyHolder(slot, claim.Scope);
    }

    private void Unclaim(int slot, int scope)
    {
        ref var held = ref slots[slot];
        var (plugin, row) = (held.Plugin, held.Row);
        if (held.Holder != scope)
        {
            var claims = _younger[slot];
            var index = claims.FindIndex(c => c.Scope == scope);
            (plugin, row) = (claims[index].Plugin, claims[index].Row);
            RemoveYounger(slot, index);
            NotifyHolder(slot, scope);
        }
        else if (_younger.TryGetValue(slot, out var claims))
        {
            var heir = claims[0];
            RemoveYounger(slot, 0);
            (held.Holder, held.Plugin) = (heir.Scope, heir.Plugin);
            if (!held.Row.Equals(heir.Row))
            {
                rows.SetWanted(slot, heir.Row);
                rows.MarkDirty(slot);
            }
            NotifyHolder(slot, scope);
        }
        else
        {
            held.States &= ~SlotStates.Claimed;
            held.Holder = -1;
            Count--;
            if (held.Is(SlotStates.Present))
            {
                rows.SetWanted(slot, rows.Actual(slot));
                rows.MarkDirty(slot);
            }
        }
        if (!IsWantedBy(slot, plugin))
        {
            Counted?.Invoke(plugin, row, -1);
        }
        rows.Release(slot);
    }

    private void RemoveYounger(int slot, int index)
    {
        var claims = _younger[slot];
        claims.RemoveAt(index);
        if (claims.Count == 0)
        {
            _younger.Remove(slot);
            slots[slot].States &= ~SlotStates.Shared;
        }
    }

    private bool IsWantedBy(int slot, ushort plugin) => slots[slot].Is(SlotStates.Claimed)
        && (slots[slot].Plugin == plugin || (_younger.TryGetValue(slot, out var claims) && claims.Exists(c => c.Plugin == plugin)));

    private void NotifyHolder(int slot, int changed)
    {
        if (HolderChanged is null)
        {
            return;
        }
        List<int> scopes = [changed, slots[slot].Holder];
        if (_younger.TryGetValue(slot, out var claims))
        {
            scopes.AddRange(claims.Select(c => c.Scope));
        }
        HolderChanged(slots[slot].Row.Key, scopes);
    }

    private void ReportDuplicate(int slot, int scope, TRow row, Action<TRow, TRow>? duplicate)
    {
        var first = slots[slot].Row;
        if (slots[slot].Holder != scope)
        {
            first = _younger[slot].Find(c => c.Scope == scope).Row;
        }
        if (!first.Equals(row))
        {
            duplicate?.Invoke(first, row);
        }
    }
}
