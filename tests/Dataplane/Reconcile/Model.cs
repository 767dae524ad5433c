using NetAgent.Contracts;

namespace NetAgent.Dataplane.Tests.Reconcile;

/// <summary>What the kernel should come to hold, worked out the slow and plain way.</summary>
internal sealed class Model
{
    private readonly Dictionary<(Type, object), List<string>> _ages = [];

    public List<(string Name, RowSet Rows)> Scopes { get; } = [];

    public void Write(string name, RowSet rows)
    {
        var index = Scopes.FindIndex(s => s.Name == name);
        if (index < 0)
        {
            Scopes.Add((name, rows));
        }
        else
        {
            Scopes[index] = (name, rows);
        }
        Forget();
        Age(name, rows.VirtualServers.Select(r => ((Type, object))(typeof(VirtualServer), r.Key)));
        Age(name, rows.RealServers.Select(r => ((Type, object))(typeof(RealServer), r.Key)));
    }

    /// <summary>Claims end with the rows that made them; others move up.</summary>
    public void Forget()
    {
        foreach (var (key, scopes) in _ages)
        {
            scopes.RemoveAll(name => !Scopes.Exists(s => s.Name == name && Wants(s.Rows, key)));
        }
    }

    /// <summary>A new process: the plugin writes its scopes again, and they age from then on.</summary>
    public void Restart(Bench bench)
    {
        _ages.Clear();
        foreach (var (name, rows) in Scopes.ToArray())
        {
            bench.Slice.Replace(name, rows);
            Write(name, rows);
        }
    }

    /// <summary>Of several that want a virtual server at a start, the one whose real servers the kernel has; else the first by name.</summary>
    public void Adopt(FakeKernel kernel)
    {
        foreach (var ((_, key), names) in _ages.Where(a => a.Key.Item1 == typeof(VirtualServer)))
        {
            var first = names.Select(name => (Name: name, Keys: Scopes.Find(s => s.Name == name).Rows.RealServers
                    .Where(r => r.Key.Server.Equals(key)).Select(r => kernel.RealServers.Rows.ContainsKey(r.Key)).ToArray()))
                .OrderByDescending(s => s.Keys.Count(has => has))
                .ThenBy(s => s.Keys.Contains(true) ? s.Keys.Count(has => !has) : 0)
                .ThenBy(s => s.Name, StringComparer.Ordinal)
                .Select(s => s.Name)
                .FirstOrDefault();
            if (first is not null)
            {
                names.Remove(first);
                names.Insert(0, first);
            }
        }
    }

    public void Compare(Bench bench)
    {
        var servers = new Dictionary<VirtualServerKey, (VirtualServer Row, string Holder)>();
        foreach (var row in Scopes.SelectMany(s => s.Rows.VirtualServers.Select(r => (s.Name, Row: r))))
        {
            if (Holder(typeof(VirtualServer), row.Row.Key) == row.Name)
            {
                servers[row.Row.Key] = (row.Row, row.Name);
            }
        }
        Assert.Equal(
            servers.Values.Select(s => s.Row.ToString()).Order(),
            bench.Kernel.VirtualServers.Rows.Values.Where(IsOurs).Select(r => r.ToString()).Order());

        // A key may be held by a scope that lost its virtual server: then only the key counts, not the weight.
        var reals = Scopes.SelectMany(s => s.Rows.RealServers.Where(r => servers[r.Key.Server].Holder == s.Name).Select(r => (s.Name, Row: r))).ToArray();
        Assert.Equal(
            reals.Select(r => r.Row.Key.ToString()).Order(),
            bench.Kernel.RealServers.Rows.Keys.Where(k => servers.ContainsKey(k.Server)).Select(k => k.ToString()).Order());
        foreach (var (name, row) in reals.Where(r => Holder(typeof(RealServer), r.Row.Key) == r.Name))
        {
            Assert.Equal(row.Weight, bench.Kernel.RealServers.Rows[row.Key].Weight);
        }
        Assert.Equal(
            Scopes.SelectMany(s => s.Rows.Addresses.Select(r => r.Key.ToString())).Distinct().Order(),
            bench.Kernel.Addresses.Rows.Keys.Where(k => k.Link == Bench.Link).Select(k => k.ToString()).Order());
        Assert.Equal(
            Scopes.SelectMany(s => s.Rows.IpSetEntries.Select(r => r.ToString())).Distinct().Order(),
            bench.Kernel.Entries.Rows.Keys.Where(k => k.Set != "mine").Select(k => k.ToString()).Order());
    }

    private static bool IsOurs(VirtualServer row) => row.Key.Address.ToString().StartsWith("10.96.", StringComparison.Ordinal);

    private static bool Wants(RowSet rows, (Type Kind, object Key) key) => key.Kind == typeof(VirtualServer)
        ? rows.VirtualServers.Any(r => r.Key.Equals(key.Key))
        : rows.RealServers.Any(r => r.Key.Equals(key.Key));

    private string? Holder(Type kind, object key) => _ages.GetValueOrDefault((kind, key))?.FirstOrDefault();

    private void Age(string name, IEnumerable<(Type, object)> keys)
    {
        foreach (var key in keys)
        {
            if (!_ages.TryGetValue(key, out var scopes))
            {
                _ages.Add(key, scopes = []);
            }
            if (!scopes.Contains(name))
            {
                scopes.Add(name);
            }
        }
    }
}
