using System.Buffers;
using System.Net;
using System.Text;
using System.Text.Json;
using k8s.Models;
using Microsoft.AspNetCore.WebUtilities;

namespace NetAgent.Cluster.Api;

/// <summary>Reads a meta/v1 Status, which is how the API server says no.</summary>
internal static class ApiStatus
{
    /// <param name="json">The object of an ERROR event; what follows it does not count.</param>
    public static ApiException Read(ReadOnlySequence<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        reader.Skip();
        return Read(Encoding.UTF8.GetString(json.Slice(0, reader.BytesConsumed)), 0, null);
    }

    /// <param name="body">What came with the refusal.</param>
    /// <param name="code">HTTP's; 0 for that in the Status.</param>
    /// <param name="retryAfter">The header.</param>
    /// <param name="path">What was asked for.</param>
    /// <param name="location">Where a redirection leads.</param>
    public static ApiException Read(string body, HttpStatusCode code, TimeSpan? retryAfter, string? path = null, Uri? location = null)
    {
        V1Status? status = null;
        try
        {
            status = JsonSerializer.Deserialize(body, ApiJson.Default.V1Status);
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
