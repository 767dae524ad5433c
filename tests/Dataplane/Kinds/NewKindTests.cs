using NetAgent.Contracts;
using NetAgent.Dataplane.Kinds;
using NetAgent.Dataplane.Ownership;
using NetAgent.Dataplane.Reconcile;
using NetAgent.Dataplane.Tests.Reconcile;

namespace NetAgent.Dataplane.Tests.Kinds;

/// <summary>
/// What it takes to add a kind of row: the type of the row, its kind, an entry in the registry and the kernel's table. Everything else (scopes,
/// claims, plans, drift, adoption, cleaning up, status) comes with it.
/// </summary>
public sealed class NewKindTests : IDisposable
{
    private readonly FakeKernel _kernel = new();

    public void Dispose() => _kernel.Dispose();

    [Fact]
    public void A_new_kind_is_planned_written_put_right_reported_and_taken_back_like_any_other()
    {
        var bridges = new FakeTable<string, Bridge>("bridges", _kernel.Log);
        bridges.Set(new("foreign", 1));
        _kernel.Tables.Add(bridges);
        using var bench = new Bench(_kernel, [.. RowKinds.All, static tables => tables.Add(new BridgeKind(tables))]);
        bench.Slice.Replace("a", Rows(new Bridge(Bench.Link, 9000)));
        bench.Dataplane.MarkComplete("ipvs");

        Assert.Equal(new PlannedChange("ipvs", "bridges", RowChangeKind.Add, Bench.Link, "", "mtu 9000"), Assert.Single(bench.Dataplane.Plan().Changes));
        Assert.Equal(1, bench.Sync().Added);
        Assert.Equal(9000, bridges.Rows[Bench.Link].Mtu);
        Assert.Contains(bench.Dataplane.Status.Tables, table => table is { Table: "bridges", Desired: 1, Actual: 1, Foreign: 1 });

        bridges.Set(new(Bench.Link, 1500));
        Assert.Equal([$"bridges: {Bench.Link}"], bench.Sync(verify: true).DriftedRows);

        var conflict = Assert.Single(Conflict(bench));
        Assert.Equal(("bridges", FailureKind.Conflict), (conflict.Table, conflict.Kind));

        bench.Restart();
        Assert.Equal(1, bench.Complete().Removed);
        Assert.Equal(["foreign"], bridges.Rows.Keys);
    }

    [Fact]
    public void A_row_outside_the_claims_is_refused_by_the_name_of_its_kind()
    {
        _kernel.Tables.Add(new FakeTable<string, Bridge>("bridges", _kernel.Log));
        using var bench = new Bench(_kernel, [.. RowKinds.All, static tables => tables.Add(new BridgeKind(tables))]);

        var refused = Assert.Throws<ClaimViolationException>(() => bench.Slice.Replace("a", Rows(new Bridge("br0", 9000))));

        Assert.Contains("bridge br0 lies outside the plugin's claims; PluginClaims.Links", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_new_kind_may_stand_on_another()
    {
        _kernel.Tables.Add(new FakeTable<string, Bridge>("bridges", _kernel.Log));
        using var bench = new Bench(_kernel, [.. RowKinds.All, static tables => tables.Add(new BridgeKind(tables))]);
        _kernel.Links.AlsoRefuse = _ => 1;
        var rows = Rows(new Bridge(Bench.Link, 9000));
        rows.Links.Add(new(Bench.Link));
        bench.Slice.Replace("a", rows);

        var waiting = bench.Complete().Failed.Single(row => row.Kind == FailureKind.Waiting);

        Assert.Equal(("bridges", $"link {Bench.Link}"), (waiting.Table, waiting.Key));
    }

    [Fact]
    public void Every_row_of_the_contract_is_registered()
    {
        using var bench = new Bench();
        var rows = typeof(IRow<>).Assembly.GetTypes()
            .Where(type => type.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IRow<>)));
        Assert.Equal(rows.Count(), bench.Dataplane.Status.Tables.Count);
    }

    private static IEnumerable<FailedRow> Conflict(Bench bench)
    {
        bench.Slice.Replace("b", Rows(new Bridge(Bench.Link, 1280)));
        var failed = bench.Sync().Failed;
        bench.Slice.Remove("b");
        return failed;
    }

    private static RowSet Rows(Bridge row)
    {
        var rows = new RowSet();
        rows.Of<Bridge>().Add(row);
        return rows;
    }

    private readonly record struct Bridge(string Name, int Mtu) : IRow<string>
    {
        public string Key => Name;
    }

    private sealed class BridgeKind(TableSet tables) : RowKind<string, Bridge>
    {
        public override RowClaim<string, Bridge> Claim { get; } =
            new(nameof(PluginClaims.Links), (claims, row, _) => claims.OwnsLink(row.Name), row => $"bridge {row.Name}");

        public override string? WaitsFor(Bridge row) => tables.Links.Standing.IsMissing(row.Name) ? $"link {row.Name}" : null;

        public override string ValueText(Bridge row) => $"mtu {row.Mtu}";
    }
}
