using NetAgent.Contracts;

namespace NetAgent.Dataplane.Rows;

/// <summary>A scope's wish for a row that an older claim holds.</summary>
internal readonly record struct YoungerClaim<TRow>(int Scope, ushort Plugin, TRow Row);

// Who wants which rows.
internal sealed partial class RowTable<TKey, TRow>
    where TKey : notnull, IEquatable<TKey>
    where TRow : struct, IRow<TKey>, IEquatable<TRow>
{
    private readonly Dictionary<int, List<YoungerClaim<TRow>>> _younger = [];

    /// <summary>Keys with more than one claim, with the claims behind the holder's.</summary>
    public IReadOnlyDictionary<int, List<YoungerClaim<TRow>>> Shared => _younger;

    public bool HasClaim(int slot, int scope) => _slots[slot].Is(SlotStates.Claimed)
        && (_slots[slot].Holder == scope || (_younger.TryGetValue(slot, out var more) && more.Exists(c => c.Scope == scope)));

    /// <summary>Makes a scope's rows of this kind exactly these. <paramref name="held"/> are its slots, before and after.</summary>
    public void ReplaceScope(int scope, ushort plugin, IList<TRow> rows, ref int[] held, Action<TRow, TRow>? duplicate)
    {
        if (rows.Count == 0 && held.Length == 0)
        {
            return;
        }
        var now = rows.Count == held.Length ? held : new int[rows.Count];
        var before = ReferenceEquals(now, held) ? (int[])held.Clone() : held;
        var count = 0;
        foreach (var row in rows)
        {
            var slot = _slots.GetOrAdd(row, out _);
            if (_slots[slot].Is(SlotStates.Touched))
            {
                ReportDuplicate(slot, scope, row, duplicate);
                continue;
            }
            Claim(slot, scope, plugin, row);
            _slots[slot].States |= SlotStates.Touched;
            now[count++] = slot;
        }
        foreach (var slot in before)
        {
            if (!_slots[slot].Is(SlotStates.Touched))
            {
                Unclaim(slot, scope);
            }
        }
        held = count == now.Length ? now : now[..count];
        foreach (var slot in held)
        {
            _slots[slot].States &= ~SlotStates.Touched;
        }
    }

    /// <summary>Drops a scope's claims. With <paramref name="forget"/> the kernel keeps the rows and they are no longer known here.</summary>
    public void RemoveScope(int scope, ref int[] held, bool forget = false)
    {
        foreach (var slot in held)
        {
            Unclaim(slot, scope);
            if (forget && !_slots[slot].Is(SlotStates.Claimed))
            {
                SetAbsent(slot);
            }
        }
        held = [];
    }

    /// <summary>Makes a claim the oldest of its key.</summary>
    public void Promote(int slot, int scope)
    {
        ref var held = ref _slots[slot];
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
            SetWanted(slot, heir.Row);
            MarkDirty(slot);
        }
        NotifyHolder(slot, scope);
    }

    private void Claim(int slot, int scope, ushort plugin, TRow row)
    {
        ref var held = ref _slots[slot];
        if (!held.Is(SlotStates.Claimed))
        {
            held.States = (held.States | SlotStates.Claimed) & ~SlotStates.Draining;
            held.Holder = scope;
            held.Plugin = plugin;
            _inherited.Remove(slot);
            Wanted++;
            Counted?.Invoke(plugin, row, 1);
            SetWanted(slot, row);
            MarkDirty(slot);
        }
        else if (held.Holder == scope)
        {
            if (!held.Row.Equals(row))
            {
                SetWanted(slot, row);
                MarkDirty(slot);
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
            _slots[slot].States |= SlotStates.Shared;
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
        ref var held = ref _slots[slot];
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
                SetWanted(slot, heir.Row);
                MarkDirty(slot);
            }
            NotifyHolder(slot, scope);
        }
        else
        {
            held.States &= ~SlotStates.Claimed;
            held.Holder = -1;
            Wanted--;
            if (held.Is(SlotStates.Present))
            {
                SetWanted(slot, Actual(slot));
                MarkDirty(slot);
            }
        }
        if (!IsWantedBy(slot, plugin))
        {
            Counted?.Invoke(plugin, row, -1);
        }
        Release(slot);
    }

    private void RemoveYounger(int slot, int index)
    {
        var claims = _younger[slot];
        claims.RemoveAt(index);
        if (claims.Count == 0)
        {
            _younger.Remove(slot);
            _slots[slot].States &= ~SlotStates.Shared;
        }
    }

    private bool IsWantedBy(int slot, ushort plugin) => _slots[slot].Is(SlotStates.Claimed)
        && (_slots[slot].Plugin == plugin || (_younger.TryGetValue(slot, out var claims) && claims.Exists(c => c.Plugin == plugin)));

    private void NotifyHolder(int slot, int changed)
    {
        if (HolderChanged is null)
        {
            return;
        }
        List<int> scopes = [changed, _slots[slot].Holder];
        if (_younger.TryGetValue(slot, out var claims))
        {
            scopes.AddRange(claims.Select(c => c.Scope));
        }
        HolderChanged(_slots[slot].Row.Key, scopes);
    }

    private void ReportDuplicate(int slot, int scope, TRow row, Action<TRow, TRow>? duplicate)
    {
        var first = _slots[slot].Row;
        if (_slots[slot].Holder != scope)
        {
            first = _younger[slot].Find(c => c.Scope == scope).Row;
        }
        if (!first.Equals(row))
        {
            duplicate?.Invoke(first, row);
        }
    }
}
