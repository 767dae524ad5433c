using System.Globalization;
using NetAgent.Contracts;
using NetAgent.Dataplane.Reconcile;
using NetAgent.Dataplane.Rows;

namespace NetAgent.Dataplane.Kinds;

internal sealed class ConfigFileKind(TableSet tables) : RowKind<string, ConfigFile>
{
    public override ushort? OwnerOf(ConfigFile row, PluginRegistry plugins) =>
        tables.State.OwnerOfFile(row.Path) is { } name ? plugins.Find(name)?.Id : null;

    public override bool IsWithheld(ConfigFile row, bool isInherited) => tables.Withheld.Other(isInherited);

    public override void Written(RowChangeKind change, ConfigFile row)
    {
        if (change == RowChangeKind.Remove)
        {
            tables.State.RemoveFile(row.Path);
        }
        else
        {
            tables.State.SetFile(row.Path, tables.PluginOf(tables.Files, row.Path));
        }
    }

    public override string ValueText(ConfigFile row) => string.Create(CultureInfo.InvariantCulture, $"{row.Text.Length} characters");
}
