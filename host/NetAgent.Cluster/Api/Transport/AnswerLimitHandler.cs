namespace NetAgent.Cluster.Api.Transport;

/// <summary>
/// Bounds the time until an answer's headers are there. Stands below the credential: how long that takes is not the server's doing. The
/// headers of a watch come before anything happens, so a server that keeps those back is not well.
/// </summary>
internal sealed class AnswerLimitHandler(TimeSpan watchLimit) : DelegatingHandler
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var allowed = request.RequestUri!.Query.Contains("watch=true", StringComparison.Ordinal) ? watchLimit : Limit;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(allowed);
        try
        {
            return await base.SendAsync(request, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Without the URL, which callers name already.
            throw new TimeoutException(limit.IsCancellationRequested
                ? $"no answer came within {allowed.TotalSeconds:0.#} s"
                : $"no connection could be made within {ServerTransport.ConnectLimit.TotalSeconds:0} s");
        }
    }
}
