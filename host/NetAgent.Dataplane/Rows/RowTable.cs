using NetAgent.Contracts;

namespace NetAgent.Dataplane.Rows;

/// <summary>Which rows are wanted, what the kernel is known to have, and which keys to look at.</summary>
internal sealed class RowTable<TKey, TRow>
    where TKey : notnull, IEquatable<TKey>
    where TRow : struct, IRow<TKey>, IEquatable<TRow>
{
    private readonly SlotTable<TKey, TRow> _slots = new();
    private readonly Dictionary<int, TRow> _kernelValues = [];
    private readonly HashSet<int> _inherited = [];
    private List<int> _dirty = [];

    public RowTable() => Claims = new(this, _slots);

    /// <summary>Whose wishes the wanted rows are.</summary>
    public Claims<TKey, TRow> Claims { get; }

    /// <summary>Called when the kernel comes to have a row (true) or no longer has it.</summary>
    public Action<TRow, bool>? PresenceChanged { get; set; }

    /// <summary>Called before a slot number is given up.</summary>
    public Action<int>? Freed { get; set; }

    /// <summary>Keys that the kernel has.</summary>
    public int PresentCount { get; private set; }

    public int End => _slots.End;

    /// <summary>Rows that an earlier run left and that nobody has wanted in this one.</summary>
    public IReadOnlyCollection<int> Inherited => _inherited;

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
    public TRow Actual(int slot) => _slots[slot].Is(SlotStates.KernelValueDiffers) ? _kernelValues[slot] : _slots[slot].Row;

    /// <summary>False for a slot that only waits to be given up.</summary>
    public bool IsKnown(int slot) => (_slots[slot].States & (SlotStates.Claimed | SlotStates.Present)) != 0;

    /// <summary>Whether there is any to look at.</summary>
    public bool IsDirty => _dirty.Count > 0;

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
        SetKernelValue(slot, actual);
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
            _kernelValues.Remove(slot);
            row.States &= ~SlotStates.KernelValueDiffers;
        }
        Release(slot);
    }

    /// <summary>An earlier run left this row, or somebody wants it now.</summary>
    public void Inherit(int slot, bool isInherited) => _ = isInherited ? _inherited.Add(slot) : _inherited.Remove(slot);

    public bool IsInherited(int slot) => _inherited.Count > 0 && _inherited.Contains(slot);

    /// <summary>Adds a row that the kernel has and nobody wants.</summary>
    public int Adopt(TRow actual, ushort plugin, bool isInherited)
    {
        var slot = _slots.GetOrAdd(actual, out _);
        _slots[slot].Plugin = plugin;
        Inherit(slot, isInherited);
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
        _inherited.Remove(slot);
        _slots.Free(slot);
        return true;
    }

    /// <summary>The wanted value of a key is this.</summary>
    public void SetWanted(int slot, TRow row)
    {
        ref var held = ref _slots[slot];
        var isPresent = held.Is(SlotStates.Present);
        var actual = isPresent ? Actual(slot) : default;
        held.Row = row;
        if (isPresent)
        {
            SetKernelValue(slot, actual);
        }
    }

    private void SetKernelValue(int slot, TRow actual)
    {
        ref var held = ref _slots[slot];
        if (held.Row.Equals(actual))
        {
            _kernelValues.Remove(slot);
            held.States &= ~SlotStates.KernelValueDiffers;
        }
        else
        {
            _kernelValues[slot] = actual;
            held.States |= SlotStates.KernelValueDiffers;
        }
    }
}
