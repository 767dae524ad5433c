using Microsoft.AspNetCore.Http;
using NetAgent.Host.Status;

namespace NetAgent.Host.Serving;

/// <summary>/metrics, /proxyMode, /healthz (kube-proxy's, always ok) and /status.</summary>
internal sealed class MetricsHandler(Func<AgentSnapshot> snapshot, AgentMetrics metrics, TimeProvider time)
{
    public Task HandleAsync(HttpContext context)
    {
        switch (context.Request.Path.Value)
        {
            case "/metrics":
                var text = new PrometheusText();
                metrics.Write(text);
                SnapshotMetrics.Write(text, snapshot(), time.GetUtcNow());
                ProcessMetrics.Write(text);
                context.Response.ContentType = PrometheusText.ContentType;
                return context.Response.WriteAsync(text.ToString());
            case "/proxyMode":
                context.Response.ContentType = "text/plain; charset=utf-8";
                return context.Response.WriteAsync("ipvs");
            case "/healthz":
                context.Response.ContentType = "text/plain; charset=utf-8";
                return context.Response.WriteAsync("ok");
            case "/status":
                return JsonBody.RespondAsync(context, StatusCodes.Status200OK, json =>
                    StatusJson.Write(json, snapshot(), time.GetUtcNow()));
            default:
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return Task.CompletedTask;
        }
    }
}
