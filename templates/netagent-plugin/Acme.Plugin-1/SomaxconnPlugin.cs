using System.Globalization;
using NetAgent.Contracts;

namespace Acme.Plugin_1;

/// <summary>Keeps net.core.somaxconn at a value: <c>config: {value: 4096}</c>. Replace it with what your plugin is for.</summary>
public sealed class SomaxconnPlugin : IDataplanePlugin
{
    private const string Path = "net/core/somaxconn";
    private int _value = 4096;

    public ConfigurationResult Configure(PluginConfiguration configuration)
    {
        var value = 4096;
        var problems = new List<ConfigurationProblem>();
        foreach (var entry in configuration.Inline?.Entries ?? [])
        {
            if (entry.Key != "value")
            {
                problems.Add(new()
                {
                    Severity = Severity.Warning,
                    Source = "config",
                    Path = entry.Key,
                    Line = entry.Line,
                    Message = "unknown key, ignored; `value` is the only one",
                });
            }
            else if (!int.TryParse(entry.Value.Text, NumberStyles.None, CultureInfo.InvariantCulture, out value) || value is < 128 or > 1_048_576)
            {
                problems.Add(new()
                {
                    Severity = Severity.Error,
                    Source = "config",
                    Path = "value",
                    Line = entry.Line,
                    Message = $"'{entry.Value.Text}' is not a number from 128 to 1048576",
                });
            }
        }
        // What is claimed is the plugin's: the agent refuses a second plugin that claims it, and rows outside.
        var result = new ConfigurationResult { Problems = problems, Claims = new() { Sysctls = [Path] } };
        if (result.IsAccepted)
        {
            _value = value;
        }
        return result;
    }

    public void Reconcile(ReconcileInput input, ISlice slice, CancellationToken cancellationToken)
    {
        var rows = new RowSet();
        rows.Sysctls.Add(new(Path, _value.ToString(CultureInfo.InvariantCulture)) { Rule = SysctlRule.AtLeast });
        slice.Replace("somaxconn", rows);
    }
}
