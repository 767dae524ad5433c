using NetAgent.Contracts;
using NetAgent.Host.Configuration;
using NetAgent.Host.Gates;
using NetAgent.Host.Isolation;

namespace NetAgent.Host.Plugins;

/// <summary>One entry of <c>plugins:</c> with what became of it.</summary>
internal sealed class PluginSlot(PluginEntry entry)
{
    public PluginEntry Entry { get; set; } = entry;

    public string? ConfigurationDigest { get; set; }

    public GateDecision Gate { get; set; } = new(GateMode.Off, "the Node is not known yet");

    public PluginRefusal? Refusal { get; set; }

    /// <summary>When a refused folder may be looked at again: what was wrong with it may be mended without a word in the configuration.</summary>
    public DateTimeOffset LookAgainAt { get; set; }

    /// <summary>Its ConfigMap that has not been read yet; null when nothing is waited for.</summary>
    public ConfigurationFile? Pending { get; set; }

    /// <summary>Under which the supervisor was started.</summary>
    public PluginIsolation? Isolation { get; set; }

    public PluginSupervisor? Supervisor { get; set; }

    public PluginStatus ToStatus()
    {
        var status = new PluginStatus
        {
            Name = Entry.Name,
            Gate = Gate.ToString(),
            IsRequired = Entry.IsRequired,
            State = PluginState.Off,
        };
        if (Refusal is not null)
        {
            return status with { State = PluginState.Refused, Reason = Refusal.Reason, LastError = $"{Refusal.Message}; {Refusal.Fix}" };
        }
        if (Supervisor is not { } running)
        {
            return Pending is null ? status
                : status with { State = PluginState.Starting, Reason = "ConfigurationPending", LastError = $"{Pending.Path} {Pending.Problem}" };
        }
        return status with
        {
            State = running.Condition.State,
            Version = running.Image.Version,
            Contract = $"{running.Image.ContractMajor}.{running.Image.ContractMinor}",
            Digest = running.Image.Digest,
            Claims = running.Accepted.Claims,
            Reason = running.Condition.Reason,
            LastError = running.Condition.LastError,
            LastSuccess = running.Condition.LastSuccess,
            RetryAt = running.Condition.RetryAt,
            IsBusy = running.IsBusy,
            Problems = running.Problems,
            ProcessStarts = running.ProcessStarts,
        };
    }
}
