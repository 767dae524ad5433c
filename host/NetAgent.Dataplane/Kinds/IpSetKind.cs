using System.Globalization;
using NetAgent.Contracts;
using NetAgent.Dataplane.IpSets;
using NetAgent.Dataplane.Reconcile;
using NetAgent.Dataplane.Rows;

namespace NetAgent.Dataplane.Kinds;

internal sealed class IpSetKind(TableSet tables) : RowKind<string, IpSet>
{
    public override bool TellsOwners => true;

    public override ushort? OwnerOf(IpSet row, PluginRegistry plugins) =>
        plugins.OwnerOf(claims => claims.OwnsSet(row.Name) || (row.Name == IpSetRebuild.TemporaryName && claims.Claims.IpSets.Count > 0));

    // A bitmap's family is that of the rules which match it; the kernel knows none.
    public override IpSet Target(IpSet wanted) =>
        tables.Sizes.Fit(wanted.Type == IpSetType.BitmapPort ? wanted with { Family = IpFamily.None } : wanted);

    // A set with more room than is wanted is good enough.
    public override bool Satisfies(IpSet actual, IpSet wanted) =>
        wanted.MaxElements <= actual.MaxElements && wanted == actual with { MaxElements = wanted.MaxElements };

    public override bool IsSwitchedOff(ushort plugin, IpSet row) => tables.Families.IsOff(plugin, row.Family);

    public override bool IsWithheld(IpSet row, bool isInherited) => tables.Withheld.Other(isInherited);

    public override string ValueText(IpSet row)
    {
        var room = row.MaxElements > 0 ? string.Create(CultureInfo.InvariantCulture, $" maxelem {row.MaxElements}") : "";
        return $"{row.Type.KernelName()}{FamilyName(row.Family)}{room}";
    }

    private static string FamilyName(IpFamily family) => family switch
    {
        IpFamily.IPv4 => " inet",
        IpFamily.IPv6 => " inet6",
        _ => "",
    };
}
