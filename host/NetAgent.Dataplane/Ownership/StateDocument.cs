using System.Text.Json.Serialization;

namespace NetAgent.Dataplane.Ownership;

/// <summary>The state file as it is written.</summary>
internal sealed record StateDocument
{
    public const int CurrentVersion = 1;

    public int Version { get; init; }

    public string BootId { get; init; } = "";

    public SortedDictionary<string, PluginSection> Plugins { get; init; } = new(StringComparer.Ordinal);
}

/// <summary>One plugin's part.</summary>
internal sealed record PluginSection
{
    public ClaimSection Claims { get; init; } = new();

    public SortedDictionary<string, SysctlSection>? Sysctls { get; init; }

    public TimeoutSection? IpvsTimeouts { get; init; }

    public string[]? Files { get; init; }

    /// <summary>As people write them: <c>10.96.0.1:443/TCP</c>.</summary>
    public string[]? VirtualServers { get; init; }
}

/// <summary>A changed sysctl.</summary>
internal sealed record SysctlSection(string Previous, string? Written, int Link = 0);

/// <summary>Changed IPVS timeouts, each as seconds of TCP, TCP after FIN, UDP; 0 for one that was left alone.</summary>
internal sealed record TimeoutSection(uint[] Previous, uint[] Written);

/// <summary>Claims in words: chains as <c>nat KUBE-*</c>, jumps as <c>nat POSTROUTING KUBE-POSTROUTING</c>.</summary>
internal sealed record ClaimSection
{
    public bool VirtualServers { get; init; }

    /// <summary>
    /// Which, where not all: <c>10.96.0.0/12</c>, <c>set ACME</c>. An agent that does not know of this takes all to be claimed.
    /// </summary>
    public string[]? VirtualServerParts { get; init; }

    public bool IpvsTimeouts { get; init; }

    public string[]? VirtualServerExclusions { get; init; }

    public string[]? Links { get; init; }

    public string[]? IpSets { get; init; }

    public string[]? Chains { get; init; }

    public string[]? Jumps { get; init; }

    public string[]? Sysctls { get; init; }

    public string[]? Files { get; init; }

    public bool HealthCheckPorts { get; init; }
}

[JsonSerializable(typeof(StateDocument))]
[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
internal sealed partial class StateJson : JsonSerializerContext;
