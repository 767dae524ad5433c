using System.Buffers;
using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.WebUtilities;

namespace NetAgent.Cluster.Api;

/// <summary>The parts in use of a meta/v1 Status, which is how the API server says no.</summary>
internal sealed record ApiStatus(string? Message, string? Reason, int Code, ApiStatusDetails? Details)
{
    /// <param name="json">The body, or the object of an ERROR event.</param>
    /// <param name="code">HTTP's; 0 for that in the Status.</param>
    /// <param name="retryAfter">The header.</param>
    /// <param name="path">What was asked for.</param>
    /// <param name="location">Where a redirection leads.</param>
    public static ApiException Read(ReadOnlySequence<byte> json, HttpStatusCode code, TimeSpan? retryAfter, string? path = null, Uri? location = null)
    {
        ApiStatus? status = null;
        try
        {
            var reader = new Utf8JsonReader(json);
            status = JsonSerializer.Deserialize(ref reader, ApiJson.Default.ApiStatus);
        }
        catch (JsonException)
        {
            // A proxy's error page, say.
        }
        if (status is { Code: > 0 } && code == 0)
        {
            code = (HttpStatusCode)status.Code;
        }
        retryAfter ??= status?.Details?.RetryAfterSeconds is > 0 and var seconds ? TimeSpan.FromSeconds(seconds) : null;
        return status is { Message.Length: > 0 } or { Reason.Length: > 0 }
            ? new(code, status.Reason ?? "", status.Message is { Length: > 0 } message ? message : $"HTTP {(int)code}", retryAfter)
            : new(code, "", Stranger(code, path, location), retryAfter) { IsStatus = false };
    }

    // API servers send a few refusals as plain text, too: 429, and 404 for an API that they do not have.
    private static string Stranger(HttpStatusCode code, string? path, Uri? location)
    {
        var what = $"HTTP {(int)code} {ReasonPhrases.GetReasonPhrase((int)code)}".TrimEnd();
        return (int)code switch
        {
            429 => what,
            >= 500 => $"{what} without a Status object, so perhaps not from the API server but from a load balancer or proxy before it",
            >= 300 and < 400 => $"{what}{(location is null ? "" : $" to {location}")}: this does not look like an API server; check the server's URL",
            404 when path is not null => $"{what} without a Status object: this does not look like an API server, or like one that has no /{path}; check the server's URL",
            _ => $"{what} without a Status object: this does not look like an API server; check the server's URL",
        };
    }
}

/// <summary>details of a Status.</summary>
internal sealed record ApiStatusDetails(int RetryAfterSeconds);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ApiStatus))]
internal sealed partial class ApiJson : JsonSerializerContext;
