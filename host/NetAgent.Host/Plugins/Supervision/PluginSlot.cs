using NetAgent.Contracts;
using NetAgent.Host.Configuration;
using NetAgent.Host.Gates;
using NetAgent.Host.Plugins.Discovery;
using NetAgent.Host.Status;

namespace NetAgent.Host.Plugins.Supervision;

/// <summary>One entry of <c>plugins:</c> with what became of it.</summary>
internal sealed class PluginSlot(PluginEntry entry, PluginSearch search)
{
    public PluginEntry Entry { get; set; } = entry;

    public string? ConfigurationDigest { get; set; }

    public GateDecision Gate { get; private set; } = new(GateMode.Off, "the Node is not known yet");

    /// <summary>What the gates said when all of them last meant something; null when they have not yet.</summary>
    public GateMode? LastGate { get; private set; }

    public void Decide(Rollout? rollout, Node node)
    {
        Gate = PluginGate.Decide(Entry, rollout, node, LastGate);
        LastGate = Gate.Problem is null ? Gate.Mode : LastGate;
    }

    public PluginRefusal? Refusal { get; set; }

    public PluginSearch Search { get; } = search;

    /// <summary>Why what its folder holds now is not what runs; null when it is.</summary>
    public string? UpgradeProblem { get; set; }

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
            Ignored = PluginStatus.IgnoredText(Search.Shadowed),
        };
        if (Refusal is not null)
        {
            return status with { State = PluginState.Refused, Reason = Refusal.Reason, LastError = $"{Refusal.Message}; {Refusal.Fix}" };
        }
        if (Supervisor is not { } running)
        {
            return Pending is null ? Search.IsBusy ? status with { State = PluginState.Starting, Reason = "LookingAtFiles", IsBusy = true } : status
                : status with { State = PluginState.Starting, Reason = "ConfigurationPending", LastError = $"{Pending.Path} {Pending.Problem}" };
        }
        var upgrade = UpgradeProblem is null ? null : $"still runs SHA-256 {running.Image.Digest}: {UpgradeProblem}";
        return status with
        {
            State = running.Condition.State,
            Version = running.Image.Version,
            Contract = $"{running.Image.ContractMajor}.{running.Image.ContractMinor}",
            Digest = running.Image.Digest,
            Claims = running.Accepted.Claims,
            Reason = running.Condition.Reason ?? (upgrade is not null ? nameof(AgentReason.UpgradeRefused) : status.Ignored is not null ? nameof(AgentReason.DropInIgnored) : null),
            LastError = running.Condition.LastError ?? upgrade ?? status.Ignored,
            UpgradeProblem = upgrade,
            LastSuccess = running.Condition.LastSuccess,
            RetryAt = running.Condition.RetryAt,
            IsHeld = running.Condition.IsHeld,
            IsBusy = running.IsBusy,
            Problems = running.Problems,
            ProcessStarts = running.ProcessStarts,
        };
    }
}
