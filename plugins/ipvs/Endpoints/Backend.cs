using NetAgent.Contracts;

namespace NetAgent.Plugins.Ipvs.Endpoints;

/// <summary>One ip:port behind a Service port, whatever slices it came from.</summary>
internal readonly record struct Backend(
    InetAddress Address,
    ushort Port,
    bool IsReady,
    bool IsServing,
    bool IsTerminating,
    bool IsLocal,
    ushort Weight,
    EquatableArray<string> ZoneHints,
    EquatableArray<string> NodeHints)
{
    /// <summary>Takes traffic only for want of ready ones (KEP-1669).</summary>
    public bool IsServingTerminating => IsServing && IsTerminating;

    /// <summary>How much this report of an ip:port is to be believed when slices overlap.</summary>
    public int Credibility => (IsLocal ? 4 : 0) + (IsReady ? 2 : 0) + (IsServing ? 1 : 0);
}
