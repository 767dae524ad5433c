using Microsoft.AspNetCore.Http;
using NetAgent.Host.Status;

namespace NetAgent.Host.Serving;

/// <summary>
/// /healthz with kube-proxy's rules and body; the cloud's load balancers read it. /readyz besides, for rollouts: kube-proxy calls itself healthy
/// before it has seen a cluster. /livez is the loop's heartbeat: what is wrong beside it, a restart does not mend.
/// </summary>
internal sealed class HealthHandler(ProxyHealth health, LoopHeartbeat heartbeat, AgentMetrics metrics)
{
    public Task HandleAsync(HttpContext context) => context.Request.Path.Value switch
    {
        "/healthz" => RespondHealthyAsync(context),
        "/livez" => RespondAliveAsync(context),
        "/readyz" => RespondReadyAsync(context),
        _ => NotFound(context),
    };

    private Task RespondHealthyAsync(HttpContext context)
    {
        var (isHealthy, lastUpdated, now) = health.Look();
        var isEligible = health.IsNodeEligible;
        var code = CodeOf(isHealthy && isEligible);
        metrics.Probed("healthz", code);
        return JsonBody.RespondAsync(context, code, json =>
        {
            json.WriteStartObject();
            json.WriteString("lastUpdated", lastUpdated);
            json.WriteString("currentTime", now);
            json.WriteBoolean("nodeEligible", isEligible);
            json.WriteEndObject();
        });
    }

    private Task RespondAliveAsync(HttpContext context)
    {
        var late = heartbeat.Late;
        var code = CodeOf(heartbeat.IsAlive);
        metrics.Probed("livez", code);
        return JsonBody.RespondAsync(context, code, json =>
        {
            json.WriteStartObject();
            json.WriteNumber("loopLateSeconds", Math.Round(Math.Max(0, late.TotalSeconds), 1));
            json.WriteEndObject();
        });
    }

    private Task RespondReadyAsync(HttpContext context)
    {
        var (isHealthy, lastUpdated, now) = health.Look();
        var (wasProgrammed, isOverdue) = health.Readiness;
        return JsonBody.RespondAsync(context, CodeOf(isHealthy && wasProgrammed && !isOverdue), json =>
        {
            json.WriteStartObject();
            json.WriteBoolean("programmed", wasProgrammed);
            json.WriteString("lastUpdated", lastUpdated);
            json.WriteString("currentTime", now);
            json.WriteEndObject();
        });
    }

    private static int CodeOf(bool isWell) => isWell ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;

    private static Task NotFound(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }
}
