using NetAgent.Contracts;

namespace NetAgent.Dataplane.Rows;

/// <summary>A scope: the slots of its rows, per kind, and what it says to people.</summary>
internal sealed class Scope(int id, string name)
{
    // There are 20,000 scopes, and one has rows of four kinds of a dozen.
    private (int Kind, int[] Slots)[] _rows = [];

    public int Id { get; } = id;

    public string Name { get; } = name;

    public IReadOnlyList<Notice> Notices { get; set; } = [];

    public IReadOnlyList<Gauge> Gauges { get; set; } = [];

    /// <summary>The slots in the table of a kind.</summary>
    /// <param name="kind">The kind's place in the registry.</param>
    public int[] Rows(int kind) => Array.Find(_rows, rows => rows.Kind == kind).Slots ?? [];

    public void SetRows(int kind, int[] slots)
    {
        var known = Array.FindIndex(_rows, rows => rows.Kind == kind);
        if (known < 0 && slots.Length > 0)
        {
            Array.Resize(ref _rows, _rows.Length + 1);
            known = _rows.Length - 1;
        }
        if (known >= 0)
        {
            _rows[known] = (kind, slots);
        }
    }
}

/// <summary>Scopes by number: rows name their scope by four bytes.</summary>
internal sealed class ScopeBook
{
    private readonly List<Scope?> _scopes = [];
    private readonly Stack<int> _free = [];

    public Scope this[int id] => _scopes[id] ?? throw new ArgumentOutOfRangeException(nameof(id), id, "no such scope");

    public Scope Open(string name)
    {
        var id = _free.TryPop(out var free) ? free : _scopes.Count;
        var scope = new Scope(id, name);
        if (id == _scopes.Count)
        {
            _scopes.Add(scope);
        }
        else
        {
            _scopes[id] = scope;
        }
        return scope;
    }

    public void Close(Scope scope)
    {
        _scopes[scope.Id] = null;
        _free.Push(scope.Id);
    }
}
