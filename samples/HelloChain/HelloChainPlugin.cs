using NetAgent.Contracts;

namespace HelloChain;

/// <summary>
/// Drops packets from sources that the operator names, in a chain of its own in table filter: <c>config: {deny: [192.0.2.0/24]}</c>.
/// </summary>
public sealed class HelloChainPlugin : IDataplanePlugin
{
    private const string ChainName = "HELLO-CHAIN";

    private static readonly PluginClaims _claims = new()
    {
        Chains = [new("filter", ChainName)],
        Jumps = [new("filter", "INPUT", ChainName)],
    };

    private EquatableArray<InetPrefix> _denied;

    /// <inheritdoc/>
    public ConfigurationResult Configure(PluginConfiguration configuration)
    {
        var denied = new List<InetPrefix>();
        var problems = new List<ConfigurationProblem>();
        foreach (var entry in configuration.Inline?.Entries ?? [])
        {
            if (entry.Key != "deny")
            {
                problems.Add(new()
                {
                    Severity = Severity.Warning,
                    Source = "config",
                    Path = entry.Key,
                    Line = entry.Line,
                    Message = "unknown key, ignored; `deny` is the only one",
                });
                continue;
            }
            foreach (var item in entry.Value.Items)
            {
                if (InetPrefix.TryParse(item.Text, out var prefix) && prefix.IsAligned)
                {
                    denied.Add(prefix);
                }
                else
                {
                    problems.Add(new()
                    {
                        Severity = Severity.Error,
                        Source = "config",
                        Path = $"deny[{denied.Count}]",
                        Line = item.Line,
                        Message = $"'{item.Text}' is not a network such as 192.0.2.0/24",
                    });
                }
            }
        }
        var result = new ConfigurationResult { Problems = problems, Claims = _claims };
        if (result.IsAccepted)
        {
            _denied = denied.ToEquatableArray();
        }
        return result;
    }

    /// <inheritdoc/>
    public void Reconcile(ReconcileInput input, ISlice slice, CancellationToken cancellationToken)
    {
        // Nothing here depends on the cluster: the rows change with the configuration only.
        if (!input.Changed.Everything)
        {
            return;
        }
        foreach (var family in (ReadOnlySpan<IpFamily>)[IpFamily.IPv4, IpFamily.IPv6])
        {
            var rows = new RowSet();
            var rules = _denied.Where(prefix => prefix.Family == family).Select(prefix => $"-s {prefix} -j DROP").ToEquatableArray();
            rows.Chains.Add(new(new(family, "filter", ChainName), rules));
            rows.Jumps.Add(new(new(family, "filter", "INPUT", $"-j {ChainName}"), JumpPosition.First));
            rows.Gauges.Add(new("hello_chain_denied_networks", rules.Count) { Labels = [new("ip_family", family.ToString())] });
            slice.Replace(family.ToString(), rows);
        }
    }
}
