using System.Globalization;
using NetAgent.Contracts;
using NetAgent.Dataplane.Reconcile;
using NetAgent.Dataplane.Rows;

namespace NetAgent.Dataplane.Kinds;

internal sealed class HealthCheckPortKind : RowKind<ushort, HealthCheckPort>
{
    public override bool IsVirtual => true;

    // Nobody else serves them here: what the table holds is known already.
    public override ushort? OwnerOf(HealthCheckPort row, PluginRegistry plugins) => null;

    public override string KeyText(HealthCheckPort row) => string.Create(CultureInfo.InvariantCulture, $"{row.Port}");

    public override string ValueText(HealthCheckPort row) =>
        string.Create(CultureInfo.InvariantCulture, $"{row.Service}, {row.LocalEndpoints} local endpoints");
}
