using NetAgent.Contracts;

namespace NetAgent.Dataplane.Iptables;

/// <summary>
/// Which tables of legacy ip6tables this kernel has. Asking for one that it lacks makes it look for the module (a process each time), so
/// that is done again only when the module is there, or half a minute has passed.
/// </summary>
/// <param name="root"><c>/</c>, or a folder that stands for it.</param>
/// <param name="hasTable">Asks the kernel.</param>
/// <param name="time">The clock.</param>
internal sealed class LegacyTables(string root, Func<IpFamily, string, bool> hasTable, TimeProvider time)
{
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(30);
    private readonly Dictionary<string, long> _asked = [];

    /// <summary>Why rules of IPv6 cannot be written to a table; null when they can.</summary>
    public string? Problem(string table)
    {
        var module = $"ip6table_{table}";
        var isDue = !_asked.TryGetValue(table, out var last) || time.GetElapsedTime(last) >= AskAgain
            || Directory.Exists(Path.Join(root, "sys/module", module));
        if (isDue)
        {
            if (hasTable(IpFamily.IPv6, table))
            {
                _asked.Remove(table);
                return null;
            }
            _asked[table] = time.GetTimestamp();
        }
        return $"this kernel has no table {table} of ip6tables: modprobe {module}";
    }
}
