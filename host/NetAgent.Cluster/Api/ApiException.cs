using System.Net;

namespace NetAgent.Cluster.Api;

/// <summary>The API server answered with an error, as a response or as an ERROR event of a watch.</summary>
internal sealed class ApiException(HttpStatusCode status, string reason, string message, TimeSpan? retryAfter = null) : Exception(message)
{
    public HttpStatusCode Status { get; } = status;

    /// <summary>The Status object's reason: <c>Expired</c>, <c>Forbidden</c>.</summary>
    public string Reason { get; } = reason;

    /// <summary>It came as a Status object, which is how API servers refuse; what stands before one may answer otherwise.</summary>
    public bool IsStatus { get; init; } = true;

    public TimeSpan? RetryAfter { get; } = retryAfter;

    /// <summary>
    /// The resourceVersion (or page) asked for is gone, or from a future that the server does not know: only a new list helps.
    /// </summary>
    public bool NeedsNewList => Status == HttpStatusCode.Gone || Reason is "Expired" or "Gone"
        || (Status == HttpStatusCode.GatewayTimeout && Message.Contains("Too large resource version", StringComparison.Ordinal));

    /// <summary>The server does not know some parameter of the request.</summary>
    public bool IsRefusedParameter => Status is HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity;
}
