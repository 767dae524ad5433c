using System.Diagnostics;
using System.Text.RegularExpressions;
using NetAgent.TestKit;

namespace NetAgent.Architecture.Tests;

/// <summary>Habits that no compiler checks.</summary>
public sealed partial class SourceTests
{
    private static readonly string[] _sources = Sources();

    [Fact]
    public void No_file_is_longer_than_400_lines() => Assert.Empty(_sources.Where(path => File.ReadLines(path).Skip(400).Any()).Select(Relative));

    /// <summary>LongLines.txt names the files that still have some. It only gets shorter.</summary>
    [Fact]
    public void No_line_of_the_product_is_longer_than_140_characters() => Assert.Empty(_sources
        .Where(path => !IsTest(path) && File.ReadLines(path).Any(line => line.Length > 140))
        .Select(Relative)
        .Except(File.ReadLines(Path.Combine(RepositoryRoot.Path, "tests/Architecture/LongLines.txt"))));

    [Fact]
    public void Names_are_the_fields_and_not_Manager_Helper_Util_or_Data() => Assert.Empty(_sources
        .Where(path => new[] { "Manager", "Helper", "Util", "Utils", "Data" }.Any(word =>
            Path.GetFileNameWithoutExtension(path).EndsWith(word, StringComparison.Ordinal)))
        .Select(Relative));

    [Fact]
    public void Only_the_dataplane_calls_the_kernel() => Assert.Empty(_sources
        .Where(path => !Relative(path).StartsWith("host/NetAgent.Dataplane/", StringComparison.Ordinal) && !IsTest(path))
        .Where(path => File.ReadAllText(path) is var text
            && (text.Contains("[LibraryImport", StringComparison.Ordinal) || text.Contains("[DllImport", StringComparison.Ordinal)))
        .Select(Relative));

    [Fact]
    public void Only_the_client_of_the_API_server_knows_KubernetesClient()
    {
        string[] knowing = [.. _sources.Where(path => !IsTest(path))
            .Where(path => File.ReadLines(path).Any(line => line.StartsWith("using k8s", StringComparison.Ordinal) || line.Contains("global::k8s", StringComparison.Ordinal)))
            .Select(Relative)];
        Assert.Contains("host/NetAgent.Cluster/Api/ApiClient.cs", knowing);
        Assert.DoesNotContain(knowing, path => !path.StartsWith("host/NetAgent.Cluster/Api/", StringComparison.Ordinal));
    }

    // AbstractKubernetes makes the requests and leaves sending them to ApiClient.
    [Fact]
    public void Requests_to_the_API_server_go_through_the_one_client_alone() => Assert.Equal(["host/NetAgent.Cluster/Api/ApiClient.cs"], _sources
        .Where(path => Relative(path).StartsWith("host/NetAgent.Cluster/", StringComparison.Ordinal))
        .Where(path => File.ReadAllText(path) is var text
            && (text.Contains("new HttpClient(", StringComparison.Ordinal) || text.Contains("new HttpRequestMessage", StringComparison.Ordinal)))
        .Select(Relative));

    [Fact]
    public void No_decision_is_made_by_reading_English() => Assert.Empty(_sources
        // What a status of the API server says is its protocol.
        .Where(path => !IsTest(path) && Relative(path) != "host/NetAgent.Cluster/Api/ApiException.cs")
        .SelectMany(path => File.ReadLines(path).Where(line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal) && ReadsEnglish().IsMatch(line))
            .Select(line => $"{Relative(path)}: {line.Trim()}")));

    [Theory]
    [InlineData("if (row.Operation == \"conflict\")")]
    [InlineData("can.Problems.Where(problem => problem.Contains(\"no IPVS\", StringComparison.Ordinal))")]
    [InlineData("failure.Message.Replace(\"a\", \"b\")")]
    [InlineData("file.Problem is \"not read\"")]
    public void Such_a_decision_would_be_found(string line) => Assert.Matches(ReadsEnglish(), line);

    private static string[] Sources()
    {
        // Asks git, so that what builds leave behind does not count.
        using var git = Process.Start(new ProcessStartInfo("git", ["-C", RepositoryRoot.Path, "ls-files", "--cached", "--others", "--exclude-standard", "*.cs"])
        {
            RedirectStandardOutput = true,
        })!;
        var names = git.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return [.. names.Select(name => Path.Combine(RepositoryRoot.Path, name)).Where(File.Exists)];
    }

    private static bool IsTest(string path) => Relative(path).StartsWith("tests/", StringComparison.Ordinal);

    private static string Relative(string path) => Path.GetRelativePath(RepositoryRoot.Path, path);

    [GeneratedRegex("""(?:Message|Reason|Problem|Operation|Error|Cause)\)?\s*(?:==|!=|is|is not)\s*"[^"]|\b\w*(?:message|reason|problem|operation|error|cause)\w*\??\.(?:Contains|StartsWith|EndsWith|Equals|IndexOf|Replace)\("|Contains\("no """, RegexOptions.IgnoreCase)]
    private static partial Regex ReadsEnglish();
}
