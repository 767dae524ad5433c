using System.Diagnostics.CodeAnalysis;
using NetAgent.Contracts;

namespace NetAgent.Dataplane.Rows;

/// <summary>What is known of a row.</summary>
[Flags]
internal enum SlotStates : ushort
{
    /// <summary>The slot is free.</summary>
    None = 0,

    /// <summary>The slot holds a row.</summary>
    Used = 0x1,

    /// <summary>At least one scope wants it.</summary>
    Claimed = 0x2,

    /// <summary>The kernel has an object of this key.</summary>
    Present = 0x4,

    /// <summary>The kernel's value is not the wanted one and is kept beside.</summary>
    KernelValueDiffers = 0x8,

    /// <summary>More than one scope wants it.</summary>
    Shared = 0x10,

    /// <summary>On the list of rows to look at.</summary>
    Dirty = 0x20,

    /// <summary>Seen by the pass that is running.</summary>
    Touched = 0x40,

    /// <summary>Unwanted, at weight 0, waiting for its connections to end.</summary>
    Draining = 0x80,

    /// <summary>A step of the pass that is running is about it.</summary>
    Planned = 0x100,
}

/// <summary>
/// One row. <see cref="Row"/> is the wanted row while claimed, else the kernel's; a million real servers live here, so anything rare
/// (a differing kernel value, further claims, failures) is kept beside.
/// </summary>
[SuppressMessage("Design", "CA1051:Do not declare visible instance fields", Justification = "Used by reference only.")]
internal struct Slot<TRow>
{
    public TRow Row;
    public int Hash;
    public int Next;
    public int Holder;
    public ushort Plugin;
    public SlotStates States;

    public readonly bool Is(SlotStates state) => (States & state) == state;
}

/// <summary>A hash table whose entries keep their place, so that a scope can name its rows by four bytes each.</summary>
internal sealed class SlotTable<TKey, TRow>
    where TKey : notnull, IEquatable<TKey>
    where TRow : struct, IRow<TKey>, IEquatable<TRow>
{
    private const int ChunkBits = 9;
    private const int ChunkSize = 1 << ChunkBits;

    private readonly List<Slot<TRow>[]> _chunks = [];
    private int[] _buckets = new int[16];
    private int _free = -1;

    /// <summary>Rows held.</summary>
    public int Count { get; private set; }

    /// <summary>Slots are numbered from 0 to below this; some may be free.</summary>
    public int End { get; private set; }

    public ref Slot<TRow> this[int slot] => ref _chunks[slot >> ChunkBits][slot & (ChunkSize - 1)];

    public int Find(TKey key)
    {
        var hash = key.GetHashCode();
        for (var slot = _buckets[Bucket(hash)] - 1; slot >= 0;)
        {
            ref var candidate = ref this[slot];
            if (candidate.Hash == hash && candidate.Row.Key.Equals(key))
            {
                return slot;
            }
            slot = candidate.Next;
        }
        return -1;
    }

    /// <summary>The slot of the row's key; a new one holds the row and no state but <see cref="SlotStates.Used"/>.</summary>
    public int GetOrAdd(in TRow row, out bool added)
    {
        var key = row.Key;
        var slot = Find(key);
        added = slot < 0;
        if (!added)
        {
            return slot;
        }
        if (Count >= _buckets.Length)
        {
            Grow();
        }
        if (_free >= 0)
        {
            slot = _free;
            _free = this[slot].Next;
        }
        else
        {
            slot = End++;
            if (slot >> ChunkBits == _chunks.Count)
            {
                _chunks.Add(new Slot<TRow>[ChunkSize]);
            }
        }
        var hash = key.GetHashCode();
        ref var bucket = ref _buckets[Bucket(hash)];
        this[slot] = new Slot<TRow> { Row = row, Hash = hash, Next = bucket - 1, Holder = -1, States = SlotStates.Used };
        bucket = slot + 1;
        Count++;
        return slot;
    }

    public void Free(int slot)
    {
        ref var gone = ref this[slot];
        ref var bucket = ref _buckets[Bucket(gone.Hash)];
        if (bucket - 1 == slot)
        {
            bucket = gone.Next + 1;
        }
        else
        {
            var before = bucket - 1;
            while (this[before].Next != slot)
            {
                before = this[before].Next;
            }
            this[before].Next = gone.Next;
        }
        gone = new Slot<TRow> { Next = _free };
        _free = slot;
        Count--;
    }

    private int Bucket(int hash) => (int)((uint)(hash * -1640531527) >> 4) & (_buckets.Length - 1);

    private void Grow()
    {
        _buckets = new int[_buckets.Length * 2];
        for (var slot = 0; slot < End; slot++)
        {
            ref var used = ref this[slot];
            if (used.Is(SlotStates.Used))
            {
                ref var bucket = ref _buckets[Bucket(used.Hash)];
                used.Next = bucket - 1;
                bucket = slot + 1;
            }
        }
    }
}
