using NetAgent.Contracts;

namespace NetAgent.Dataplane.Iptables;

/// <summary>
/// What stands in the back end that the agent does not write to: packets pass both, so a rule there can undo ours. Read only, and
/// only what is there already: listing a legacy table would create it.
/// </summary>
internal sealed class OtherBackend(IIptablesProcess process, IReadOnlyList<IptablesVariant> variants, string root)
{
    /// <summary>The rules of a table there; null where there is no such table, or it cannot be listed.</summary>
    public IptablesTableFacts? Read(IpFamily family, string table)
    {
        if (variants.FirstOrDefault(v => v.Family == family) is not { } variant
            || (variant.Backend == IptablesBackend.Legacy && !LegacyTables(family).Contains(table)))
        {
            return null;
        }
        var result = process.Run(variant.Save, ["-t", table], "");
        return result.ExitCode == 0 && IptablesSave.Parse(result.Output).TryGetValue(table, out var saved)
            ? IptablesView.FactsOf(family, saved, variant.Backend, isOther: true)
            : null;
    }

    // thread-self: /proc/net is the process', not this thread's network namespace.
    private string[] LegacyTables(IpFamily family)
    {
        var file = Path.Join(root, "proc/thread-self/net", family == IpFamily.IPv6 ? "ip6_tables_names" : "ip_tables_names");
        try
        {
            return File.ReadAllLines(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // No legacy iptables in this kernel, or not ours to read (it takes root): nothing that could be listed.
            return [];
        }
    }
}
