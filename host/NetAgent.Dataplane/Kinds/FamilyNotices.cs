using NetAgent.Contracts;

namespace NetAgent.Dataplane.Kinds;

/// <summary>One notice for what switches IPv6 off, whatever it is that is left out for it.</summary>
internal static class FamilyNotices
{
    public const string Reason = "FamilyOff";

    public static IEnumerable<Notice> Of(TableSet tables)
    {
        if (!tables.Families.IsAnyOff)
        {
            yield break;
        }
        var concerned = tables.InOrderOfWriting.SelectMany(table => table.PluginsSwitchedOff).ToHashSet();
        var served = tables.VirtualServers.PluginsSwitchedOff.Concat(tables.Addresses.PluginsSwitchedOff).ToHashSet();
        foreach (var cause in tables.Families.Off.Where(off => concerned.Contains(off.Key)).GroupBy(off => off.Value, off => off.Key))
        {
            // That nobody asked for IPv6 and there is none is as it should be.
            var severity = cause.Any(served.Contains) ? Severity.Warning : Severity.Information;
            yield return new(severity, Reason,
                $"{cause.Key.Text}; what plugins want for IPv6 is left out until it is on, and then goes in by itself");
        }
    }
}
