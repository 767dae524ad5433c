using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace NetAgent.Host.Serving;

/// <summary>Small JSON answers, written by hand: no serializer, no reflection.</summary>
internal static class JsonBody
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true };

    public static async Task RespondAsync(HttpContext context, int code, Action<Utf8JsonWriter> write)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = "application/json";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        var body = Write(write, indented: false);
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body);
    }

    public static string Text(Action<Utf8JsonWriter> write) => Encoding.UTF8.GetString(Write(write, indented: true).Span);

    private static ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> write, bool indented)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, indented ? Indented : default))
        {
            write(writer);
        }
        return stream.GetBuffer().AsMemory(0, (int)stream.Length);
    }
}
