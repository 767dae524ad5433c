using System.Net;
using NetAgent.Contracts;

namespace NetAgent.Cluster;

/// <summary>How an <see cref="ApiServerSource"/> reaches the API server and what it follows.</summary>
public sealed record ApiServerOptions
{
    /// <summary>This node's name.</summary>
    public required string NodeName { get; init; }

    /// <summary>A kubeconfig file; null for the pod's service account.</summary>
    public string? Kubeconfig { get; init; }

    /// <summary>A context of the kubeconfig; null for its current-context.</summary>
    public string? Context { get; init; }

    /// <summary>Replaces the server's URL, as kube-proxy's --master does; null to keep it.</summary>
    public string? Server { get; init; }

    /// <summary>ConfigMaps to follow besides.</summary>
    public EquatableArray<NamespacedName> ConfigMaps { get; init; }

    /// <summary>Where a pod finds its service account.</summary>
    public string ServiceAccountFolder { get; init; } = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// <summary>
    /// Reads the kubeconfig and the files it names; what is no regular file must not hold it up. Throws as <see cref="File.ReadAllBytes"/>
    /// does.
    /// </summary>
    public Func<string, byte[]> ReadFile { get; init; } = File.ReadAllBytes;

    /// <summary>
    /// Where the kubelet says that Service default/kubernetes is (<c>tcp://10.96.0.1:443</c>), whatever else the environment says; null
    /// outside a pod.
    /// </summary>
    public string? KubernetesService { get; init; } = Environment.GetEnvironmentVariable("KUBERNETES_PORT");

    /// <summary>Whether this node's kernel has a virtual server; asked when the API server does not answer at a ClusterIP.</summary>
    public Func<IPEndPoint, bool> IsServed { get; init; } = _ => false;

    /// <summary>List all Nodes once in half an hour, for their addresses. Dear in large clusters.</summary>
    public bool FollowsOtherNodes { get; init; }

    /// <summary>Objects per page of a list.</summary>
    public int PageSize { get; init; } = 500;

    /// <summary>
    /// A watch that brought bookmarks before and now is silent for so long is taken for dead. API servers send one a minute.
    /// </summary>
    public TimeSpan WatchIdleLimit { get; init; } = TimeSpan.FromSeconds(150);

    /// <summary>A response that stops coming for so long is given up.</summary>
    public TimeSpan ReadIdleLimit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Longest wait between two tries.</summary>
    public TimeSpan LongestBackoff { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
