using System.Globalization;
using NetAgent.Contracts;
using NetAgent.Dataplane.Ownership;
using NetAgent.Dataplane.Reconcile;
using NetAgent.Dataplane.Rows;

namespace NetAgent.Dataplane.Kinds;

internal sealed class HealthCheckPortKind : RowKind<ushort, HealthCheckPort>
{
    public override string Claim => nameof(PluginClaims.HealthCheckPorts);

    public override bool IsVirtual => true;

    public override bool IsClaimed(ClaimChecks claims, HealthCheckPort row) => claims.Claims.HealthCheckPorts;

    public override string Describe(HealthCheckPort row) => $"health-check port {row.Port}";

    // Nobody else serves them here: what the table holds is known already.
    public override ushort? OwnerOf(HealthCheckPort row, PluginRegistry plugins) => null;

    public override string KeyText(HealthCheckPort row) => string.Create(CultureInfo.InvariantCulture, $"{row.Port}");

    public override string ValueText(HealthCheckPort row) =>
        string.Create(CultureInfo.InvariantCulture, $"{row.Service}, {row.LocalEndpoints} local endpoints");
}
