using System.Buffers;
using System.Net;
using System.Text;
using NetAgent.Cluster.Api.Access;

namespace NetAgent.Cluster.Api.Transport;

/// <summary>
/// Makes an exception of any status but success, before KubernetesClient sees it: that would read a refusal's body without bound, and
/// knows no Retry-After.
/// </summary>
internal sealed class RefusalHandler(ICredential credential) : DelegatingHandler
{
    // A Status has a sentence; one that names a hundred bad fields has kilobytes.
    private const int LongestBody = 64 * 1024;

    // The headers are there, so the server is; what it says is worth no long wait.
    private static readonly TimeSpan BodyLimit = TimeSpan.FromSeconds(5);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        if (response.IsSuccessStatusCode)
        {
            return response.Content.Headers.ContentType?.MediaType == "text/html" ? throw Page(response) : response;
        }
        using (response)
        {
            var body = await BeginningAsync(response.Content, cancellationToken);
            var refusal = ApiStatus.Read(body, response.StatusCode, response.Headers.RetryAfter?.Delta, request.RequestUri?.AbsolutePath.TrimStart('/'),
                response.Headers.Location);
            throw response.StatusCode == HttpStatusCode.Unauthorized && credential.Problem is { } problem
                ? new ApiException(refusal.Status, refusal.Reason, $"{refusal.Message}; {problem}") { IsStatus = refusal.IsStatus }
                : refusal;
        }
    }

    // A portal that wants a login, a dashboard, a proxy's welcome: no API server has one.
    private static ApiException Page(HttpResponseMessage response)
    {
        var code = response.StatusCode;
        response.Dispose();
        return new(code, "", $"HTTP {(int)code} with a page of HTML: this does not look like an API server; check the server's URL, and what stands before it", null)
        {
            IsStatus = false,
        };
    }

    // What came is enough to judge by, however the rest fails.
    private static async Task<string> BeginningAsync(HttpContent content, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(BodyLimit);
        var buffer = ArrayPool<byte>.Shared.Rent(LongestBody);
        var length = 0;
        try
        {
            await using var body = await content.ReadAsStreamAsync(patience.Token);
            for (int read = 1; read > 0 && length < LongestBody; length += read)
            {
                read = await body.ReadAsync(buffer.AsMemory(length, LongestBody - length), patience.Token);
            }
        }
        catch (Exception e) when (FetchErrors.IsExpected(e) && !cancellationToken.IsCancellationRequested)
        {
        }
        var text = Encoding.UTF8.GetString(buffer, 0, length);
        ArrayPool<byte>.Shared.Return(buffer);
        return text;
    }
}
