namespace NetAgent.Dataplane.Reconcile;

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

    public List<ReadFailure> ReadFailures { get; } = [];

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
