namespace NetAgent.Dataplane.Tables;

/// <summary>What this node has of IPv6 now.</summary>
internal sealed record IPv6Facts
{
    /// <summary>A node with all of it.</summary>
    public static IPv6Facts AllOn { get; } = new();

    /// <summary>Some interface has it, loopback at least: else the kernel was built or booted without.</summary>
    public bool HasStack { get; init; } = true;

    /// <summary>Every interface but loopback, and whether IPv6 is on there.</summary>
    public IReadOnlyDictionary<string, bool> Links { get; init; } = new Dictionary<string, bool>();

    /// <summary>What an interface that is made now begins with.</summary>
    public bool IsOnForNewLinks { get; init; } = true;

    /// <summary>Tables of ip6tables that cannot be had, each with what is wrong and what helps.</summary>
    public IReadOnlyDictionary<string, string> MissingTables { get; init; } = new Dictionary<string, string>();
}
