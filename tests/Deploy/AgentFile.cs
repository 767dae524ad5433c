using System.Text.Json.Nodes;
using NetAgent.Host.Configuration;
using NetAgent.TestKit;

namespace NetAgent.Deploy.Tests;

/// <summary>agent.yaml in rendered manifests.</summary>
internal static class AgentFile
{
    public static string Text(IEnumerable<JsonNode> objects) =>
        (string)objects.OfKind("ConfigMap").Single(map => map["data"]!["agent.yaml"] is not null)["data"]!["agent.yaml"]!;

    /// <summary>As the agent reads it, which it must without a word.</summary>
    public static AgentConfiguration Read(IEnumerable<JsonNode> objects)
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, Text(objects));
            var root = ConfigurationFiles.Read(file).Root;
            var result = AgentConfigurationReader.Read(root, "agent.yaml", "/etc/netagent/agent");
            Assert.Empty(result.Problems);
            return result.Configuration!;
        }
        finally
        {
            File.Delete(file);
        }
    }
}
