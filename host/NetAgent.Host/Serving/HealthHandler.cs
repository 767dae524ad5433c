using Microsoft.AspNetCore.Http;

namespace NetAgent.Host.Serving;

/// <summary>/healthz and /livez with kube-proxy's rules and bodies; the cloud's load balancers read them.</summary>
internal sealed class HealthHandler(ProxyHealth health, AgentMetrics metrics)
{
    public Task HandleAsync(HttpContext context) => context.Request.Path.Value switch
    {
        "/healthz" => RespondAsync(context, "healthz", withNode: true),
        "/livez" => RespondAsync(context, "livez", withNode: false),
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

    private static Task NotFound(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }
}
