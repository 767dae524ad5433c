using System.Diagnostics;
using NetAgent.Cluster;
using NetAgent.Contracts;

namespace NetAgent.EndToEnd.Tests.Api;

/// <summary>Runs a source as the agent does, and writes down every state that a sync would have programmed.</summary>
internal sealed class Follower : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _run;

    public Follower(ApiServerOptions options)
    {
        Source = new(options);
        _run = Task.WhenAll(Source.RunAsync(_stop.Token), FollowAsync(_stop.Token));
    }

    public ApiServerSource Source { get; }

    public volatile ClusterState State = ClusterState.Empty;

    public bool IsComplete { get; private set; }

    /// <summary>Every time a Service or an endpoint was there in one state and not in the next.</summary>
    public List<string> Removals { get; } = [];

    public async Task Until(string what, Func<ClusterState, bool> reached, int seconds = 60)
    {
        var watch = Stopwatch.StartNew();
        while (!(IsComplete && reached(State)))
        {
            if (watch.Elapsed.TotalSeconds > seconds)
            {
                throw new TimeoutException($"waited {seconds} s for {what}; complete: {IsComplete}; status: {string.Join("; ", Source.Status)}; "
                    + $"problems: {string.Join("; ", Source.Problems)}; Services: {string.Join(", ", State.Services.Keys)}");
            }
            await Task.Delay(5);
        }
    }

    public ResourceStatus Status(string resource) => Source.Status.Single(s => s.Resource == resource);

    public string Addresses(string service) => State.Services.GetValueOrDefault(new("default", service)) is { } found
        ? string.Join(",", found.Slices.SelectMany(s => s.Endpoints).Select(e => e.Address.ToString()).Order(StringComparer.Ordinal))
        : "no such Service";

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run.ContinueWith(_ => { }, TaskScheduler.Default);
        await Source.DisposeAsync();
        _stop.Dispose();
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await Source.Store.WaitAsync(State.Revision, cancellationToken);
            var taken = Source.Store.Take(State.Revision);
            foreach (var name in State.Services.Keys.Where(n => !taken.State.Services.ContainsKey(n)))
            {
                Removals.Add($"{name}");
            }
            foreach (var (name, before) in State.Services)
            {
                if (taken.State.Services.TryGetValue(name, out var now))
                {
                    Removals.AddRange(before.Slices.SelectMany(s => s.Endpoints).Select(e => e.Address)
                        .Except(now.Slices.SelectMany(s => s.Endpoints).Select(e => e.Address)).Select(a => $"{name} {a}"));
                }
            }
            State = taken.State;
            IsComplete = taken.IsComplete;
        }
    }
}
