using System.Net;
using System.Text.Json;
using NetAgent.Cluster.Api.Access;
using NetAgent.Cluster.Objects;

namespace NetAgent.Cluster.Api;

/// <summary>What may go wrong between a reflector and the API server, sorted by what it means.</summary>
internal static class FetchErrors
{
    public static bool IsExpected(Exception e) =>
        e is ApiException or HttpRequestException or IOException or TimeoutException or JsonException or AccessException
            or BadFieldException or OperationCanceledException || IsUnreadable(e);

    /// <summary>What came is not what was meant: gzip that is none, JSON that is none.</summary>
    public static bool IsUnreadable(Exception e) => e is InvalidDataException or JsonException;

    /// <summary>The server is there and knows what it says.</summary>
    public static bool IsAnswer(Exception e) => e is ApiException { Status: < HttpStatusCode.InternalServerError and not HttpStatusCode.TooManyRequests };

    /// <summary>It would be the same for whatever is asked for: no connection, no credential, a server that is not well.</summary>
    public static bool ConcernsAll(Exception e) =>
        e is ApiException api ? !IsAnswer(api) || api.Status == HttpStatusCode.Unauthorized
            : IsExpected(e) && !IsUnreadable(e) && e is not BadFieldException;

    /// <summary>A credential or a certificate that cannot be used: nothing that passes by itself.</summary>
    public static AccessException? Cause(Exception? error)
    {
        while (error is not null and not AccessException)
        {
            error = error.InnerException;
        }
        return error as AccessException;
    }

    public static SourceProblem Describe(Resource resource, Exception error) => new(resource.Name, "", "", Message(resource, error))
    {
        Reason = error is ApiException ? ProblemReason.ApiServerRefuses : ConcernsAll(error) ? ProblemReason.ApiServerUnreachable : ProblemReason.SourceProblem,
    };

    private static string Message(Resource resource, Exception error) => error switch
    {
        ApiException { Status: HttpStatusCode.Forbidden, IsStatus: true } => $"{error.Message}; {resource.Remedy}",
        ApiException { IsStatus: false } => error.Message,
        ApiException { Reason: "" } e => $"the API server refused ({(int)e.Status}): {e.Message}",
        ApiException e => $"the API server refused ({(int)e.Status} {e.Reason}): {e.Message}",
        // Without the parser's own account of the place, which counts from 0 and of which nobody has the text.
        JsonException => $"the answer cannot be read: {error.Message.Split(" LineNumber:")[0].TrimEnd('.')}",
        _ when Cause(error) is { } cause => cause.Message,
        { InnerException: { } inner } when !error.Message.Contains(inner.Message, StringComparison.Ordinal) => $"{error.Message} ({inner.Message})",
        _ => error.Message,
    };
}
