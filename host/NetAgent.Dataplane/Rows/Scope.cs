using NetAgent.Contracts;

namespace NetAgent.Dataplane.Rows;

/// <summary>A scope: the slots of its rows, per kind, and what it says to people.</summary>
internal sealed class Scope(int id, string name)
{
    private int[] _virtualServers = [];
    private int[] _realServers = [];
    private int[] _entries = [];
    private int[] _addresses = [];
    private RareRows? _rare;

    public int Id { get; } = id;

    public string Name { get; } = name;

    public IReadOnlyList<Notice> Notices { get; set; } = [];

    public IReadOnlyList<Gauge> Gauges { get; set; } = [];

    /// <summary>The slots in the table of this kind of row. Kinds that a Service has stand here, others beside: there are 20,000 scopes.</summary>
    public ref int[] Rows<TRow>()
    {
        if (typeof(TRow) == typeof(VirtualServer))
        {
            return ref _virtualServers;
        }
        if (typeof(TRow) == typeof(RealServer))
        {
            return ref _realServers;
        }
        if (typeof(TRow) == typeof(IpSetEntry))
        {
            return ref _entries;
        }
        if (typeof(TRow) == typeof(LinkAddress))
        {
            return ref _addresses;
        }
        return ref (_rare ??= new RareRows()).Of(typeof(TRow));
    }

    private sealed class RareRows
    {
        private readonly int[][] _slots = [[], [], [], [], [], [], [], []];

        private static readonly Type[] Kinds =
        [
            typeof(IpvsTimeouts), typeof(DummyLink), typeof(IpSet), typeof(Chain),
            typeof(Jump), typeof(Sysctl), typeof(ConfigFile), typeof(HealthCheckPort),
        ];

        public ref int[] Of(Type kind) => ref _slots[Array.IndexOf(Kinds, kind)];
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
