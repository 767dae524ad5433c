using System.Text.Json.Nodes;
using NetAgent.TestKit;

namespace NetAgent.Deploy.Tests.Chart;

/// <summary>The real helm over deploy/helm/netagent.</summary>
internal static class Helm
{
    // What every installation must say.
    public const string Required = "apiServer.host=192.0.2.1";

    private static readonly Lazy<string> _program = new(() => Shell.Run(Path.Combine(RepositoryRoot.Path, "tests/Lab/helm")).Trim());

    public static string Program => _program.Value;

    public static string Chart { get; } = Path.Combine(RepositoryRoot.Path, "deploy/helm/netagent");

    /// <summary>The manifests of a release `netagent` in namespace `netagent`.</summary>
    public static string Template(params string[] arguments) =>
        Shell.Run(Program, ["template", "netagent", Chart, "--namespace", "netagent", "--set", Required, .. arguments]);

    /// <summary>The same as objects.</summary>
    public static IReadOnlyList<JsonNode> Render(params string[] arguments) => Kustomize.Parse(Template(arguments));

    /// <summary>What it says of values that it refuses.</summary>
    public static string Refusal(params string[] arguments)
    {
        var (code, output, error) = Shell.TryRun(Program, ["template", "netagent", Chart, "--set", Required, .. arguments]);
        Assert.True(code != 0, $"taken: {output}");
        return error;
    }
}
