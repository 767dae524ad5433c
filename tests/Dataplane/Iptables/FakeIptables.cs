using NetAgent.Contracts;
using NetAgent.Dataplane.Iptables;

namespace NetAgent.Dataplane.Tests.Iptables;

/// <summary>Records what is restored and refuses as told; save hands back what the test put there.</summary>
internal sealed class FakeIptables : IIptables
{
    public IpFamily Family { get; init; } = IpFamily.IPv4;

    public XtablesModules Modules => new(ModulesFolder, Family);

    /// <summary>Where ip_tables_matches and ip_tables_targets are looked for.</summary>
    public string ModulesFolder { get; init; } = "/nowhere";

    public List<string> Restored { get; } = [];

    public int Saves { get; private set; }

    public Dictionary<string, SavedTable> Tables { get; } = [];

    /// <summary>Given the input, what restore says; null for success.</summary>
    public Func<string, RestoreError?> Answer { get; init; } = _ => null;

    public SavedTable Save(string table)
    {
        Saves++;
        return Tables.GetValueOrDefault(table) ?? SavedTable.Empty(table);
    }

    public RestoreError? Restore(RestoreText text)
    {
        Restored.Add(text.ToString());
        return Answer(text.ToString());
    }
}
