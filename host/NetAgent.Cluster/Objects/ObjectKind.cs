namespace NetAgent.Cluster.Objects;

/// <summary>The kinds of object in use.</summary>
internal enum ObjectKind
{
    Service,
    EndpointSlice,
    Node,
    ConfigMap,
}
