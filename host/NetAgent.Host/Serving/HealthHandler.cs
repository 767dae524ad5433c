using Microsoft.AspNetCore.Http;
using NetAgent.Host.Status;

namespace NetAgent.Host.Serving;

/// <summary>
/// /healthz and /livez with kube-proxy's rules and bodies; the cloud's load balancers read them. /readyz besides, for rollouts: kube-proxy calls
/// itself healthy before it has seen a cluster.
/// </summary>
internal sealed class HealthHandler(ProxyHealth health, AgentMetrics metrics)
{
    public Task HandleAsync(HttpContext context) => context.Request.Path.Value switch
    {
        "/healthz" => RespondAsync(context, "healthz", withNode: true),
        "/livez" => RespondAsync(context, "livez", withNode: false),
        "/readyz" => RespondReadyAsync(context),
        _ => NotFound(context),
    };

    private Task RespondAsync(HttpContext context, string probe, bool withNode)
    {
        var (isHealthy, lastUpdated, now) = health.Look();
        var isEligible = health.IsNodeEligible;
        var code = isHealthy && (!withNode || isEligible) ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        metrics.Probed(probe, code);
        return JsonBody.RespondAsync(context, code, json =>
        {
            json.WriteStartObject();
            json.WriteString("lastUpdated", lastUpdated);
            json.WriteString("currentTime", now);
            if (withNode)
            {
                json.WriteBoolean("nodeEligible", isEligible);
            }
            json.WriteEndObject();
        });
    }

    private Task RespondReadyAsync(HttpContext context)
    {
        var (isHealthy, lastUpdated, now) = health.Look();
        var wasUpdated = health.WasUpdated;
        return JsonBody.RespondAsync(context, isHealthy && wasUpdated ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable, json =>
        {
            json.WriteStartObject();
            json.WriteBoolean("programmed", wasUpdated);
            json.WriteString("lastUpdated", lastUpdated);
            json.WriteString("currentTime", now);
            json.WriteEndObject();
        });
    }

    private static Task NotFound(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }
}
