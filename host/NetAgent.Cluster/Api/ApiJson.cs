using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using k8s.Models;

namespace NetAgent.Cluster.Api;

/// <summary>
/// Reads and writes the few models in use by code that is compiled ahead of time: KubernetesJson makes ready every model there is.
/// </summary>
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(MicroTimeConverter)])]
[JsonSerializable(typeof(V1Status))]
[JsonSerializable(typeof(Eventsv1Event))]
[JsonSerializable(typeof(V1Node))]
internal sealed partial class ApiJson : JsonSerializerContext;

/// <summary>Six digits of a second, always: the server wants them of a MicroTime and takes them of a Time.</summary>
internal sealed class MicroTimeConverter : JsonConverter<DateTime>
{
    public override DateTime Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDateTime();

    public override void Write(Utf8JsonWriter writer, DateTime value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
}
