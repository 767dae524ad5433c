using NetAgent.Contracts;
using NetAgent.Dataplane.Ownership;
using NetAgent.Dataplane.Reconcile;
using NetAgent.Dataplane.Rows;
using NetAgent.Dataplane.Sysctls;
using NetAgent.Dataplane.Tables;

namespace NetAgent.Dataplane.Kinds;

internal sealed class SysctlKind(TableSet tables) : RowKind<string, Sysctl>
{
    public override bool IsOrdered => true;

    public override IKernelTable<string, Sysctl> Over(IKernelTable<string, Sysctl> kernel) => new RestoringSysctls(
        kernel, tables.File, path => tables.PluginOf(tables.Sysctls, path), tables.Kernel.SetSysctlScope, tables.Kernel.IndexOfLink);

    public override ushort? OwnerOf(Sysctl row, PluginRegistry plugins) =>
        tables.State.OwnerOfSysctl(row.Path) is { } name ? plugins.Find(name)?.Id : null;

    public override bool Satisfies(Sysctl actual, Sysctl wanted) => SysctlValue.Satisfies(actual.Value, wanted.Value, wanted.Rule);

    public override bool IsWithheld(Sysctl row, bool isInherited) => tables.Withheld.Other(isInherited);

    public override int Order(Sysctl row) => row.Order;

    public override string ValueText(Sysctl row) => row.Rule == SysctlRule.AtLeast ? $"{row.Value} or more" : row.Value;
}
