using System.Reflection;
using System.Xml.Linq;
using NetAgent.TestKit;

namespace NetAgent.Architecture.Tests;

/// <summary>Who may know whom: the arrows of the design's diagram, in project files and in what the compiler made of them.</summary>
public sealed class DependencyTests
{
    private static readonly Dictionary<string, string[]> _mayReference = new()
    {
        ["NetAgent.Contracts"] = [],
        ["NetAgent.Dataplane"] = ["NetAgent.Contracts"],
        ["NetAgent.Cluster"] = ["NetAgent.Contracts"],
        ["NetAgent.Host"] = ["NetAgent.Contracts", "NetAgent.Dataplane", "NetAgent.Cluster"],
        ["Ipvs"] = ["NetAgent.Contracts"],
        ["MasqAgent"] = ["NetAgent.Contracts"],
        ["ConntrackTuner"] = ["NetAgent.Contracts"],
        ["MetallbArp"] = ["NetAgent.Contracts"],
        // Source that the plugins compile, and a package of it for third parties.
        ["NetAgent.Plugins.Shared"] = ["NetAgent.Contracts"],
    };

    public static TheoryData<string> Projects => new(Directory.EnumerateFiles(RepositoryRoot.Path, "*.csproj", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(RepositoryRoot.Path, path))
        .Where(path => path.StartsWith("contracts/", StringComparison.Ordinal) || path.StartsWith("host/", StringComparison.Ordinal)
            || path.StartsWith("plugins/", StringComparison.Ordinal)));

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_references_only_what_the_design_allows(string path)
    {
        var name = Path.GetFileNameWithoutExtension(path);
        var document = XDocument.Load(Path.Combine(RepositoryRoot.Path, path));
        var references = document.Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(((string)reference.Attribute("Include")!).Replace('\\', '/')));
        Assert.True(_mayReference.ContainsKey(name), $"{path}: a new project needs a place in the design's diagram");
        Assert.Empty(references.Except(_mayReference[name]));
        if (path.StartsWith("plugins/", StringComparison.Ordinal) || path.StartsWith("contracts/", StringComparison.Ordinal))
        {
            // An analyzer is no dependency.
            Assert.Empty(document.Descendants("PackageReference").Where(package => (string?)package.Attribute("PrivateAssets") != "all")
                .Select(package => (string?)package.Attribute("Include")));
        }
    }

    [Fact]
    public void Every_project_of_the_design_is_there() =>
        Assert.Equal(_mayReference.Keys.Order(), Projects.Select(row => Path.GetFileNameWithoutExtension(row.Data)).Order());

    [Theory]
    [InlineData("Ipvs")]
    [InlineData("MasqAgent")]
    [InlineData("ConntrackTuner")]
    [InlineData("MetallbArp")]
    public void A_compiled_plugin_knows_the_contract_and_the_framework_only(string plugin)
    {
        var assembly = Built(plugin);
        Assert.All(assembly.GetReferencedAssemblies(), reference => Assert.True(
            reference.Name == "NetAgent.Contracts" || reference.Name!.StartsWith("System.", StringComparison.Ordinal), $"{plugin} -> {reference.Name}"));
    }

    [Fact]
    public void The_contract_speaks_of_base_class_library_types_only() => Assert.All(
        typeof(Contracts.IDataplanePlugin).Assembly.GetReferencedAssemblies(),
        reference => Assert.StartsWith("System.", reference.Name, StringComparison.Ordinal));

    [Fact]
    public void The_contract_keeps_its_assembly_version_for_all_of_2_x() =>
        Assert.Equal(new Version(2, 0, 0, 0), typeof(Contracts.IDataplanePlugin).Assembly.GetName().Version);

    [Fact]
    public void Rows_compare_by_content()
    {
        var rows = typeof(Contracts.IRow<>).Assembly.GetTypes()
            .Where(type => type.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(Contracts.IRow<>)));
        foreach (var property in rows.SelectMany(row => row.GetProperties(BindingFlags.Public | BindingFlags.Instance)))
        {
            var type = property.PropertyType;
            Assert.False(type.IsArray || (type.IsGenericType && type.Namespace!.StartsWith("System.Collections", StringComparison.Ordinal)),
                $"{property.DeclaringType!.Name}.{property.Name}: a collection without value equality makes a diff that never ends");
        }
    }

    private static Assembly Built(string plugin)
    {
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Name;
        return Assembly.LoadFrom(Path.Combine(RepositoryRoot.Path, "artifacts", "bin", plugin, configuration, plugin + ".dll"));
    }
}
