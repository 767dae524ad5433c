using NetAgent.Contracts;

namespace NetAgent.Dataplane.Reconcile;

/// <summary>A scope's wish for a row that an older claim holds.</summary>
internal readonly record struct YoungerClaim<TRow>(int Scope, ushort Plugin, TRow Row);

/// <summary>
/// Who wants which rows, what the kernel is known to have, and which keys to look at. Claims of one key stand in order of age; the first
/// holds. Knows nothing of the kernel's operations.
/// </summary>
internal sealed class RowTable<TKey, TRow>
    where TKey : notnull, IEquatable<TKey>
    where TRow : struct, IRow<TKey>, IEquatable<TRow>
{
    private readonly SlotTable<TKey, TRow> _slots = new();
    private readonly Dictionary<int, TRow> _apart = [];
    private readonly Dictionary<int, List<YoungerClaim<TRow>>> _younger = [];
    private List<int> _dirty = [];

    /// <summary>Called with +1 when a plugin first wants a row and -1 when none of its scopes does any more.</summary>
    public Action<ushort, TRow, int>? Counted { get; init; }

    /// <summary>Called when the kernel comes to have a row (true) or no longer has it.</summary>
    public Action<TRow, bool>? PresenceChanged { get; init; }

    /// <summary>Called when another scope comes to hold a key, with the scopes that want it.</summary>
    public Action<TKey, IReadOnlyList<int>>? HolderChanged { get; init; }

    /// <summary>Called before a slot number is given up.</summary>
    public Action<int>? Freed { get; set; }

    /// <summary>Keys that somebody wants.</summary>
    public int Wanted { get; private set; }

    /// <summary>Keys that the kernel has.</summary>
    public int PresentCount { get; private set; }

    public int End => _slots.End;

    public ref Slot<TRow> this[int slot] => ref _slots[slot];

    /// <summary>Keys wanted or known to be in the kernel.</summary>
    public IEnumerable<TKey> Keys
    {
        get
        {
            for (var slot = 0; slot < End; slot++)
            {
                if (_slots[slot].Is(SlotStates.Used))
                {
                    yield return _slots[slot].Row.Key;
                }
            }
        }
    }

    public int Find(TKey key) => _slots.Find(key);

    /// <summary>What the kernel has; meaningful only while <see cref="SlotStates.Present"/>.</summary>
    public TRow Actual(int slot) => _slots[slot].Is(SlotStates.Apart) ? _apart[slot] : _slots[slot].Row;

    /// <summary>Keys with more than one claim, with the claims behind the holder's.</summary>
    public IReadOnlyDictionary<int, List<YoungerClaim<TRow>>> Shared => _younger;

    /// <summary>False for a slot that only waits to be given up.</summary>
    public bool IsKnown(int slot) => (_slots[slot].States & (SlotStates.Claimed | SlotStates.Present)) != 0;

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

    /// <summary>The keys to look at, in the order in which they became so; the caller owns the list.</summary>
    public List<int> TakeDirty()
    {
        var taken = _dirty;
        _dirty = [];
        foreach (var slot in taken)
        {
            _slots[slot].States &= ~SlotStates.Dirty;
        }
        return taken;
    }

    public void MarkDirty(int slot)
    {
        ref var row = ref _slots[slot];
        if (!row.Is(SlotStates.Dirty))
        {
            row.States |= SlotStates.Dirty;
            _dirty.Add(slot);
        }
    }

    /// <summary>The kernel has this key with this value.</summary>
    public void SetPresent(int slot, TRow actual)
    {
        ref var row = ref _slots[slot];
        if (!row.Is(SlotStates.Present))
        {
            row.States |= SlotStates.Present;
            PresentCount++;
            PresenceChanged?.Invoke(actual, true);
        }
        if (!row.Is(SlotStates.Claimed))
        {
            row.Row = actual;
        }
        SetApart(slot, actual);
    }

    /// <summary>The kernel has no such key; a row that nobody wants either is given up.</summary>
    public void SetAbsent(int slot)
    {
        ref var row = ref _slots[slot];
        if (row.Is(SlotStates.Present))
        {
            PresenceChanged?.Invoke(Actual(slot), false);
            row.States &= ~(SlotStates.Present | SlotStates.Draining);
            PresentCount--;
            _apart.Remove(slot);
            row.States &= ~SlotStates.Apart;
        }
        Release(slot);
    }

    /// <summary>Adds a row that the kernel has and nobody wants.</summary>
    public int Adopt(TRow actual, ushort plugin)
    {
        var slot = _slots.GetOrAdd(actual, out _);
        _slots[slot].Plugin = plugin;
        SetPresent(slot, actual);
        return slot;
    }

    /// <summary>Gives a slot up if it says nothing any more. One still on the dirty list is given up when that list is taken.</summary>
    public bool Release(int slot)
    {
        if ((_slots[slot].States & (SlotStates.Claimed | SlotStates.Present | SlotStates.Dirty | SlotStates.Used)) != SlotStates.Used)
        {
            return false;
        }
        Freed?.Invoke(slot);
        _slots.Free(slot);
        return true;
    }

    private void Claim(int slot, int scope, ushort plugin, TRow row)
    {
        ref var held = ref _slots[slot];
        if (!held.Is(SlotStates.Claimed))
        {
            held.States = (held.States | SlotStates.Claimed) & ~SlotStates.Draining;
            held.Holder = scope;
            held.Plugin = plugin;
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

    private void SetWanted(int slot, TRow row)
    {
        ref var held = ref _slots[slot];
        var isPresent = held.Is(SlotStates.Present);
        var actual = isPresent ? Actual(slot) : default;
        held.Row = row;
        if (isPresent)
        {
            SetApart(slot, actual);
        }
    }

    private void SetApart(int slot, TRow actual)
    {
        ref var held = ref _slots[slot];
        if (held.Row.Equals(actual))
        {
            _apart.Remove(slot);
            held.States &= ~SlotStates.Apart;
        }
        else
        {
            _apart[slot] = actual;
            held.States |= SlotStates.Apart;
        }
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
