using System.Text;
using System.Text.Json;
using System.Xml.Linq;
using NetAgent.TestKit;

namespace NetAgent.Architecture.Tests;

/// <summary>
/// THIRD-PARTY-NOTICES.md names every package whose code the agent's tree carries, by what restore resolved and the packages say of
/// themselves. <c>make notices</c> writes it: this test with NETAGENT_WRITE_NOTICES set.
/// </summary>
public sealed class NoticesTests
{
    private static readonly string _path = Path.Combine(RepositoryRoot.Path, "THIRD-PARTY-NOTICES.md");

    [Fact]
    public void The_third_party_notices_are_those_of_the_packages_that_are_delivered()
    {
        var notices = Notices();
        if (Environment.GetEnvironmentVariable("NETAGENT_WRITE_NOTICES") is not null)
        {
            File.WriteAllText(_path, notices);
        }
        Assert.Equal(notices, File.ReadAllText(_path));
    }

    [Fact]
    public void The_text_of_every_license_is_delivered_with_them() => Assert.All(
        Packages().Select(package => package.License).Distinct(),
        license => Assert.True(File.Exists(Path.Combine(RepositoryRoot.Path, "deploy", "licenses", license + ".txt")), $"make notices: deploy/licenses/{license}.txt is missing"));

    private static string Notices()
    {
        var text = new StringBuilder("# Third-party notices\n\nWritten by `make notices`; do not edit. NetAgent is delivered with these packages. The licenses' texts are in\n"
            + "deploy/licenses, and in licenses/ beside the agent.\n");
        foreach (var package in Packages())
        {
            text.Append($"\n## {package.Name} {package.Version}\n\n- License: {package.License}\n- {package.Copyright}\n- {package.Source}\n");
        }
        return text.ToString();
    }

    private static (string Name, string Version, string License, string Copyright, string Source)[] Packages()
    {
        using var assets = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(RepositoryRoot.Path, "artifacts", "obj", "NetAgent.Host", "project.assets.json")));
        var folders = assets.RootElement.GetProperty("packageFolders").EnumerateObject().Select(folder => folder.Name).ToArray();
        var packages = new SortedDictionary<string, (string, string, string, string, string)>(StringComparer.OrdinalIgnoreCase);
        foreach (var library in assets.RootElement.GetProperty("targets").EnumerateObject().SelectMany(target => target.Value.EnumerateObject()))
        {
            // A package without assets at run time is an analyzer, or the framework has it.
            if (library.Value.GetProperty("type").GetString() != "package" || !HasCode(library.Value))
            {
                continue;
            }
            var path = assets.RootElement.GetProperty("libraries").GetProperty(library.Name).GetProperty("path").GetString()!;
            var folder = folders.Select(root => Path.Combine(root, path)).First(Directory.Exists);
            packages[library.Name] = Read(Directory.EnumerateFiles(folder, "*.nuspec").Single());
        }
        return [.. packages.Values];
    }

    private static bool HasCode(JsonElement library) => library.TryGetProperty("runtime", out var runtime)
        && runtime.EnumerateObject().Any(asset => !asset.Name.EndsWith("_._", StringComparison.Ordinal));

    private static (string Name, string Version, string License, string Copyright, string Source) Read(string nuspec)
    {
        var metadata = XDocument.Load(nuspec).Root!.Elements().Single(element => element.Name.LocalName == "metadata");
        string? Of(string name) => metadata.Elements().FirstOrDefault(element => element.Name.LocalName == name)?.Value.Trim();
        var copyright = Of("copyright") is { Length: > 0 } said ? said : $"Copyright (c) {Of("authors")}";
        return (Of("id")!, Of("version")!, Of("license") ?? "unknown", copyright, Of("projectUrl") ?? "");
    }
}
