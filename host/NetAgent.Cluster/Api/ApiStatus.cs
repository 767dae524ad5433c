using System.Buffers;
using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace NetAgent.Cluster.Api;

/// <summary>The parts in use of a meta/v1 Status, which is how the API server says no.</summary>
internal sealed record ApiStatus(string? Message, string? Reason, int Code, ApiStatusDetails? Details)
{
    public static ApiException Read(ReadOnlySequence<byte> json, HttpStatusCode code, TimeSpan? retryAfter)
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
        return new(code, status?.Reason ?? "", status?.Message is { Length: > 0 } message ? message : $"HTTP {(int)code}", retryAfter);
    }
}

/// <summary>details of a Status.</summary>
internal sealed record ApiStatusDetails(int RetryAfterSeconds);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ApiStatus))]
internal sealed partial class ApiJson : JsonSerializerContext;
