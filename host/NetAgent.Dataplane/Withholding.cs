using NetAgent.Contracts;

namespace NetAgent.Dataplane;

/// <summary>
/// What the caller could not read, as far as it bears on the kernel. A row of an earlier run that nobody wants may belong to it, so the row
/// stays until the caller says otherwise. Rows that somebody wanted in this run and no longer wants are not concerned.
/// </summary>
public sealed record Withholding
{
    /// <summary>Everything was read.</summary>
    public static Withholding Nothing { get; } = new();

    /// <summary>Some Service is not known: any address, port, set member or rule may be its own.</summary>
    public bool Services { get; init; }

    /// <summary>Whether a wanted virtual server's real servers are known in part only; null when all are known in full.</summary>
    public Func<VirtualServerKey, bool>? Endpoints { get; init; }

    /// <summary>
    /// Plugins that run on defaults because their configuration could not be read: what the kernel has of them stays, and with the value
    /// that it has. Defaults go in only where there is nothing.
    /// </summary>
    public IReadOnlySet<string> Plugins { get; init; } = new HashSet<string>();

    /// <summary>Nothing waits.</summary>
    public bool IsNothing => !Services && Endpoints is null && Plugins.Count == 0;
}

/// <summary>Rows that nobody wants and that stay for the sake of a <see cref="Withholding"/>.</summary>
/// <param name="Count">How many.</param>
/// <param name="First">The first of them, each as <c>table: key</c>.</param>
public sealed record WithheldRows(int Count, IReadOnlyList<string> First)
{
    /// <summary>How many are named.</summary>
    public const int Named = 20;

    /// <summary>None.</summary>
    public static WithheldRows None { get; } = new(0, []);
}
