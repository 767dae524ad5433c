namespace NetAgent.Contracts;

/// <summary>A health-check node port that the host serves over HTTP with kube-proxy's response (spec.healthCheckNodePort).</summary>
/// <param name="Port">1 to 65535.</param>
/// <param name="Service">The Service it answers for.</param>
/// <param name="LocalEndpoints">Ready endpoints of it on this node; 0 answers 503.</param>
/// <param name="Addresses">Node addresses to listen on; empty for all.</param>
public readonly record struct HealthCheckPort(ushort Port, NamespacedName Service, int LocalEndpoints, EquatableArray<InetAddress> Addresses)
    : IRow<ushort>
{
    /// <summary>The port.</summary>
    ushort IRow<ushort>.Key => Port;
}
