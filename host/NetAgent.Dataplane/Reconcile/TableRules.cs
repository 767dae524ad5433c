using NetAgent.Contracts;

namespace NetAgent.Dataplane.Reconcile;

/// <summary>What the reconciler has to know of one kind of kernel object beyond how to read and write it.</summary>
internal sealed record TableRules<TKey, TRow>
    where TKey : notnull
    where TRow : struct, IRow<TKey>, IEquatable<TRow>
{
    /// <summary>Whether the kernel's row (second) is good enough for the wanted one (first) though not equal.</summary>
    public Func<TRow, TRow, bool> Satisfies { get; init; } = static (_, _) => false;

    /// <summary>What to write for a wanted row, where that is more than the plugin asked for.</summary>
    public Func<TRow, TRow> Target { get; init; } = static row => row;

    /// <summary>The plugin that owns a row of the kernel that nobody wants; null for a foreign one.</summary>
    public Func<TRow, ushort?> OwnerOf { get; init; } = static _ => null;

    /// <summary>The missing object without which this row cannot go in; null when there is none.</summary>
    public Func<TRow, string?> WaitsFor { get; init; } = static _ => null;

    /// <summary>What a row of this plugin must wait for before it is added, though it could go in; null when nothing.</summary>
    public Func<ushort, TRow, string?> IsHeldBack { get; init; } = static (_, _) => null;

    /// <summary>The kernel removes this row together with another that is being removed.</summary>
    public Func<TRow, bool> RemovedWithParent { get; init; } = static _ => false;

    /// <summary>Never removed, only forgotten.</summary>
    public Func<TRow, bool> IsShielded { get; init; } = static _ => false;

    /// <summary>
    /// A row that nobody wants stays for now, for what could not be read may own it; the second argument says whether an earlier run left it.
    /// </summary>
    public Func<TRow, bool, bool> IsWithheld { get; init; } = static (_, _) => false;

    /// <summary>What hangs on a row follows its holder alone: two scopes that want it are in conflict even where they want it alike.</summary>
    public bool IsExclusive { get; init; }

    /// <summary>A claim of this scope does not count now.</summary>
    public Func<int, TRow, bool>? IsSuppressed { get; init; }

    /// <summary>Lower goes in first; equal keeps the order of writing.</summary>
    public Func<TRow, int>? Order { get; init; }

    /// <summary>Not the kernel's: its changes are no kernel writes and are not counted as such.</summary>
    public bool IsVirtual { get; init; }

    /// <summary>The key for people.</summary>
    public Func<TRow, string> KeyText { get; init; } = static row => row.Key.ToString() ?? "";

    /// <summary>The value for people; empty where the key says it all.</summary>
    public Func<TRow, string> ValueText { get; init; } = static _ => "";
}

/// <summary>What one sync did so far.</summary>
internal sealed class SyncTally(DateTimeOffset now, CancellationToken cancellation)
{
    private const int MaxNames = 100;
    private readonly List<string> _drifted = [];

    public DateTimeOffset Now { get; } = now;

    public CancellationToken Cancellation { get; } = cancellation;

    public int Added { get; private set; }

    public int Replaced { get; private set; }

    public int Removed { get; private set; }

    public int Drifted { get; private set; }

    public IReadOnlyList<string> DriftedRows => _drifted;

    public List<string> ReadFailures { get; } = [];

    public void Count(RowChangeKind kind)
    {
        switch (kind)
        {
            case RowChangeKind.Add:
                Added++;
                break;
            case RowChangeKind.Replace:
                Replaced++;
                break;
            default:
                Removed++;
                break;
        }
    }

    public void CountDrift(string table, string key)
    {
        Drifted++;
        if (_drifted.Count < MaxNames)
        {
            _drifted.Add($"{table}: {key}");
        }
    }
}
