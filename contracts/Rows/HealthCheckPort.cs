namespace NetAgent.Contracts;

/// <summary>A health-check node port that the host serves over HTTP with kube-proxy's response (spec.healthCheckNodePort).</summary>
/// <param name="Port">1 to 65535.</param>
/// <param name="Service">The Service it answers for.</param>
public readonly record struct HealthCheckPort(ushort Port, NamespacedName Service) : IRow<ushort>
{
    /// <summary>Ready endpoints of it on this node, from 0; 0 answers 503.</summary>
    public int LocalEndpoints { get; init; }

    /// <summary>Node addresses to listen on; empty for all.</summary>
    public EquatableArray<InetAddress> Addresses { get; init; }

    /// <summary>The port.</summary>
    ushort IRow<ushort>.Key => Port;
}
