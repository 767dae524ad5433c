using System.Text.RegularExpressions;
using NetAgent.TestKit;

namespace NetAgent.Architecture.Tests;

/// <summary>docs/architecture.md leads a reader along files that are there.</summary>
public sealed partial class ArchitecturePageTests
{
    private static readonly string _page = File.ReadAllText(Path.Combine(RepositoryRoot.Path, "docs/architecture.md"));

    [Theory]
    [InlineData("An EndpointSlice changes", 15)]
    [InlineData("A ConfigMap of the masq-agent changes", 12)]
    public void A_change_passes_in_few_steps_each_with_its_file_and_the_type_in_it(string heading, int most)
    {
        var steps = Step().Matches(_page.Split("## ").Single(part => part.StartsWith(heading, StringComparison.Ordinal)));

        Assert.InRange(steps.Count, 5, most);
        Assert.Equal(Enumerable.Range(1, steps.Count), steps.Select(step => int.Parse(step.Groups["number"].Value)));
        Assert.All(steps, step => Assert.Matches($@"\b(class|struct|interface|record) {step.Groups["type"].Value}\b", Text(step.Groups["file"].Value)));
    }

    [Fact]
    public void Every_file_and_folder_that_the_page_names_is_there()
    {
        Assert.All(Link().Matches(_page), link =>
            Assert.True(File.Exists(Path.Combine(RepositoryRoot.Path, "docs", link.Groups[1].Value)), link.Value));
        var folders = Directory.EnumerateDirectories(Path.Combine(RepositoryRoot.Path, "host/NetAgent.Dataplane")).Select(path => Path.GetFileName(path)!)
            .Except(["obj", "bin"]);
        Assert.All(folders, folder => Assert.Contains($"`{folder}/`", _page, StringComparison.Ordinal));
    }

    [Fact]
    public void The_page_is_read_in_five_minutes() => Assert.InRange(Word().Count(Link().Replace(_page, "")), 300, 1200);

    private static string Text(string file) => File.ReadAllText(Path.Combine(RepositoryRoot.Path, file));

    [GeneratedRegex(@"^(?<number>\d+)\. \*\*[^*]+\*\* `(?<type>\w+)`.*: \[(?<file>[^]]+)\]\(\.\./\k<file>\)$", RegexOptions.Multiline)]
    private static partial Regex Step();

    [GeneratedRegex(@"\]\(([^)]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"\w+")]
    private static partial Regex Word();
}
