using System.Net;
using Microsoft.AspNetCore.Http;
using NetAgent.Host.Configuration;

namespace NetAgent.Host.Serving;

/// <summary>Answers probes while the configuration is waited for: alive, for a restart would not bring it, and not ready.</summary>
internal static class WaitingProbe
{
    /// <summary>Null where nothing is to listen, or where the address cannot be had, which is said: the wait goes on all the same.</summary>
    /// <param name="address">Where; null for nowhere.</param>
    /// <param name="error">For what is wrong with the address.</param>
    public static async Task<HttpEndpoint?> StartAsync(BindAddress? address, TextWriter error)
    {
        if (address is null)
        {
            return null;
        }
        try
        {
            return await HttpEndpoint.StartAsync([new IPEndPoint(address.Address, address.Port)], HandleAsync);
        }
        catch (IOException busy)
        {
            await error.WriteLineAsync($"--probe-bind-address {address} cannot be served: {busy.Message}");
            return null;
        }
    }

    private static Task HandleAsync(HttpContext context)
    {
        context.Response.StatusCode = context.Request.Path.Value switch
        {
            "/livez" => StatusCodes.Status200OK,
            "/readyz" => StatusCodes.Status503ServiceUnavailable,
            _ => StatusCodes.Status404NotFound,
        };
        return context.Response.WriteAsync("waiting for the configuration\n", context.RequestAborted);
    }
}
