using NetAgent.Contracts;
using NetAgent.Dataplane;

namespace NetAgent.Host.Loop;

/// <summary>
/// Families whose chains or jumps were refused in a sync, by the attempts that their rows count: a row that waits for its next attempt was
/// not refused again.
/// </summary>
internal sealed class RestoreFailures
{
    private Dictionary<(string Table, string Key), int> _attempts = [];

    public IReadOnlySet<IpFamily> Of(IReadOnlyList<FailedRow> failed)
    {
        var now = new Dictionary<(string, string), int>();
        var families = new HashSet<IpFamily>();
        foreach (var row in failed.Where(row => row.Table is "chains" or "jumps" && !row.IsConflict))
        {
            now[(row.Table, row.Key)] = row.Attempts;
            if (row.Attempts > _attempts.GetValueOrDefault((row.Table, row.Key)))
            {
                families.Add(row.Key.StartsWith("IPv6 ", StringComparison.Ordinal) ? IpFamily.IPv6 : IpFamily.IPv4);
            }
        }
        _attempts = now;
        return families;
    }
}
