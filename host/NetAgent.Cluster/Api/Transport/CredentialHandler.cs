using System.Net;
using NetAgent.Cluster.Api.Access;

namespace NetAgent.Cluster.Api.Transport;

/// <summary>Shows the credential, and renews it once when it is refused: most likely the token has just rotated.</summary>
internal sealed class CredentialHandler(ICredential credential) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await ShowAsync(request, cancellationToken);
        if (response.StatusCode != HttpStatusCode.Unauthorized)
        {
            return response;
        }
        response.Dispose();
        credential.Refused();
        return await ShowAsync(request, cancellationToken);
    }

    private async Task<HttpResponseMessage> ShowAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.Remove("Authorization");
        if (await credential.AuthorizationAsync(cancellationToken) is { } authorization)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }
        return await base.SendAsync(request, cancellationToken);
    }
}
