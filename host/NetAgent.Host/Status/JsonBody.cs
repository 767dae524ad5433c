using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace NetAgent.Host.Status;

/// <summary>Small JSON answers, written by hand: no serializer, no reflection.</summary>
internal static class JsonBody
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true };

    /// <summary>As Go's templates in kube-proxy lay it out: load balancers have been seen to match text.</summary>
    private static readonly JsonWriterOptions Tabbed = new() { Indented = true, IndentCharacter = '\t', IndentSize = 1 };

    public static Task RespondAsync(HttpContext context, int code, Action<Utf8JsonWriter> write) =>
        RespondAsync(context, code, default, write);

    public static Task RespondTabbedAsync(HttpContext context, int code, Action<Utf8JsonWriter> write) =>
        RespondAsync(context, code, Tabbed, write);

    private static async Task RespondAsync(HttpContext context, int code, JsonWriterOptions options, Action<Utf8JsonWriter> write)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = "application/json";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        var body = Write(write, options);
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body);
    }

    public static string Text(Action<Utf8JsonWriter> write) => Encoding.UTF8.GetString(Write(write, Indented).Span);

    private static ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> write, JsonWriterOptions options)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, options))
        {
            write(writer);
        }
        return stream.GetBuffer().AsMemory(0, (int)stream.Length);
    }
}
