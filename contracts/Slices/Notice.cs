namespace NetAgent.Contracts;

/// <summary>How much a notice or a problem of a configuration matters.</summary>
public enum Severity : byte
{
    /// <summary>Worth knowing.</summary>
    Information,

    /// <summary>Works, but not as somebody meant it.</summary>
    Warning,

    /// <summary>A person is needed.</summary>
    Error,
}

/// <summary>
/// Something an operator should see. It lives as long as its scope says it: shown in status, logged and made an event when it comes,
/// gone when the scope is replaced without it.
/// </summary>
/// <param name="Severity">How much it matters.</param>
/// <param name="Reason">CamelCase word for events and metrics: <c>UnknownScheduler</c>.</param>
/// <param name="Message">What, which, why and what to do.</param>
public sealed record Notice(Severity Severity, string Reason, string Message)
{
    /// <summary>The Service it is about, or null for the node.</summary>
    public NamespacedName? Service { get; init; }
}

/// <summary>A gauge in /metrics that lives as long as its scope says it.</summary>
/// <param name="Name">Prometheus name, complete.</param>
/// <param name="Value">The value.</param>
public sealed record Gauge(string Name, double Value)
{
    /// <summary>Labels beside <c>plugin</c>, which the host adds.</summary>
    public EquatableArray<Label> Labels { get; init; }
}
