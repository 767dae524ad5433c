using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using NetAgent.Cluster.Api;
using NetAgent.Cluster.Api.Access;
using NetAgent.Cluster.Api.Events;
using NetAgent.Contracts;

namespace NetAgent.Cluster;

/// <summary>
/// Follows a cluster's API server: Services, EndpointSlices, this Node and named ConfigMaps. The store is complete once all of them were
/// listed; while the server is away it keeps what it had.
/// </summary>
public sealed class ApiServerSource : IClusterSource
{
    private static readonly TimeSpan FirstNodes = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan NodesPeriod = TimeSpan.FromMinutes(30);

    private readonly ApiClient _client;
    private readonly ApiServerOptions _options;
    private readonly ServerContact _contact;
    private readonly ILogger _logger;
    private readonly NodeEventSink _events;
    private readonly IReadOnlyList<(Reflector Reflector, StoreWriter Writer)> _followed;
    private int _unsynced;

    /// <summary>Reads the kubeconfig or service account; connects only in <see cref="RunAsync"/>.</summary>
    /// <exception cref="InvalidOperationException">They cannot be used; the message names file and key.</exception>
    public ApiServerSource(ApiServerOptions options, ILogger? logger = null)
    {
        _options = options;
        _logger = logger ??= NullLogger.Instance;
        _client = Connect(options);
        _contact = new(_client.Server, options.Time) { WhyUnserved = () => ServiceAddress.WhyUnserved(_client.Server, options) };
        _events = new(_client, _contact, options.NodeName, options.Time, logger);
        Resource[] resources = [Resource.Services, Resource.EndpointSlices, Resource.Node(options.NodeName),
            .. options.ConfigMaps.Select(Resource.ConfigMap)];
        _unsynced = resources.Length;
        _followed = [.. resources.Select(resource =>
        {
            var writer = new StoreWriter(resource, options.NodeName, Store) { ProblemsChanged = _contact.Say };
            return (new Reflector(resource, _client, writer, options, _contact, logger) { OnSynced = Synced }, writer);
        })];
    }

    /// <inheritdoc/>
    public ClusterStore Store { get; } = new();

    /// <summary>Events on this Node.</summary>
    public IEventSink Events => _events;

    /// <summary>The API server's own address; null where a name or a Service leads to it.</summary>
    public ForeignAddress? ServerAddress => InetAddress.TryParse(_client.Server.IdnHost, out var address) && !address.IsLoopback
        ? new() { Address = address, Owner = "the API server", Loss = "the API server" }
        : null;

    /// <inheritdoc/>
    public string Description => $"API server {_client.Server}";

    /// <inheritdoc/>
    public IReadOnlyList<SourceProblem> Problems =>
    [
        .. ((IEnumerable<SourceProblem?>)[_client.Risk, .. _contact.Problems])
            .Concat(_followed.SelectMany(f => f.Writer.Problems.Prepend(f.Reflector.Problem)))
            .OfType<SourceProblem>().OrderBy(p => p.ToString(), StringComparer.Ordinal),
    ];

    /// <summary>Raised on any thread when <see cref="Problems"/> may have changed.</summary>
    public event Action? ProblemsChanged
    {
        add => _contact.Changed += value;
        remove => _contact.Changed -= value;
    }

    /// <summary>Per resource, how following it goes.</summary>
    public IReadOnlyList<ResourceStatus> Status => [.. _followed.Select(f => f.Reflector.Status)];

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] loops = [_events.RunAsync(stop.Token), .. _options.FollowsOtherNodes ? [FollowNodesAsync(stop.Token)] : (Task[])[],
            .. _followed.Select(f => f.Reflector.RunAsync(stop.Token))];
        // One that ends before it is told to has a bug, and must not look like a quiet cluster.
        await Task.WhenAny(loops);
        await stop.CancelAsync();
        await Task.WhenAll(loops);
    }

    // A list now and then: a watch of all Nodes brings every heartbeat to every node.
    private async Task FollowNodesAsync(CancellationToken cancellationToken)
    {
        await Store.UntilCompleteAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var pause = FirstNodes;
        while (!cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(pause * (0.9 + (0.2 * Random.Shared.NextDouble())), _options.Time, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = NodesPeriod;
            try
            {
                var nodes = await NodeList.ReadAsync(_client, _options, cancellationToken);
                Store.Write(writer => writer.SetOtherNodes(nodes.Where(node => node.Name != _options.NodeName)));
            }
            catch (Exception e)
            {
                // What was known of them stays.
                if (!cancellationToken.IsCancellationRequested)
                {
                    _logger.LogWarning(
                        "the Nodes could not be listed, so an external address that is another Node's may go unseen: {Reason}", e.Message);
                }
            }
        }
    }

    /// <summary>Writes a condition into this Node's status. Only for those who ask for it.</summary>
    /// <exception cref="InvalidOperationException">It could not be written; the message says why.</exception>
    public async Task SetNodeConditionAsync(NodeCondition condition, CancellationToken cancellationToken)
    {
        var written = new V1NodeCondition
        {
            Type = condition.Type,
            Status = condition.IsTrue switch { true => "True", false => "False", null => "Unknown" },
            Reason = condition.Reason,
            Message = condition.Message,
            LastHeartbeatTime = _options.Time.GetUtcNow().UtcDateTime,
            LastTransitionTime = condition.ChangedAt?.UtcDateTime,
        };
        try
        {
            // Strategic: conditions of other types stay.
            await _client.CoreV1.PatchNodeStatusAsync(
                new(new V1Node { Status = new() { Conditions = [written] } }, V1Patch.PatchType.StrategicMergePatch), _options.NodeName,
                cancellationToken: cancellationToken);
        }
        catch (Exception e) when (FetchErrors.IsExpected(e) && !cancellationToken.IsCancellationRequested)
        {
            throw new InvalidOperationException($"condition {condition.Type} of Node {_options.NodeName} was not written: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Synced()
    {
        if (Interlocked.Decrement(ref _unsynced) == 0)
        {
            Store.Write(writer => writer.SetComplete());
        }
    }

    internal static ApiClient Connect(ApiServerOptions options) =>
        new(Access(options), "netagent/" + typeof(ApiServerSource).Assembly.GetName().Version?.ToString(3));

    private static ClusterAccess Access(ApiServerOptions options)
    {
        try
        {
            var files = new AccessFiles(options.ReadFile);
            var access = options.Kubeconfig is { } kubeconfig
                ? Kubeconfig.Load(kubeconfig, options.Context, options.Time, files)
                : ServiceAccount.Load(options.ServiceAccountFolder, options.Time, files);
            if (options.Server is { } server)
            {
                access = Uri.TryCreate(server, UriKind.Absolute, out var uri) && uri.Scheme is ("https" or "http")
                    ? access with { Server = uri }
                    : throw new AccessException($"server '{server}' must be a URL such as https://192.0.2.1:6443");
            }
            PlainHttp.Check(access);
            return access;
        }
        catch (AccessException e)
        {
            throw new InvalidOperationException(e.Message, e);
        }
    }
}
