using System.Text.RegularExpressions;
using NetAgent.TestKit;

namespace NetAgent.Architecture.Tests;

/// <summary>
/// Which folders of a project know which. Told from the sources: a file's using directives (one that is not needed does not compile), and
/// types named through their namespace or folder. What stands in the project's top folder is everybody's.
/// </summary>
/// <param name="project">The project's folder below the repository's root.</param>
/// <param name="rootNamespace">The namespace of its top folder.</param>
/// <param name="folders">Its folders, each behind those that it may know. <c>A/B</c> is a room of its own beside <c>A</c>.</param>
public sealed partial class FolderArrows(string project, string rootNamespace, IReadOnlyList<(string Folder, string Knows)> folders)
{
    private readonly string _root = Path.Combine(RepositoryRoot.Path, project);
    private readonly Regex _written = new($"""(?<![\w."]|namespace ){Regex.Escape(rootNamespace)}((?:\.\w+)+)""");

    /// <summary>Folders that are allowed to know one that does not stand before them: only so are circles impossible.</summary>
    public IEnumerable<string> Backward => folders.SelectMany((entry, place) => Names(entry.Knows)
        .Where(known => !folders.Take(place).Any(earlier => earlier.Folder == known))
        .Select(known => $"{entry.Folder} -> {known}"));

    /// <summary>Folders that have sources and no place in the table.</summary>
    public IEnumerable<string> Missing => Sources().Select(FolderOf).Distinct().Where(folder => !folders.Any(entry => entry.Folder == folder));

    /// <summary>Sources whose namespace is not their folder's, nor, for what other projects see, the project's.</summary>
    public IEnumerable<string> Astray => Sources().Where(path => File.ReadAllText(path) is var text && Declared().Match(text) is { Success: true } declared
        && !(declared.Groups[1].Value == rootNamespace && text.Contains("\npublic ", StringComparison.Ordinal))
        && declared.Groups[1].Value != $"{rootNamespace}.{Path.GetRelativePath(_root, Path.GetDirectoryName(path)!).Replace('/', '.')}".TrimEnd('.'));

    /// <summary>What knows a folder that it may not.</summary>
    public IEnumerable<string> Forbidden()
    {
        var sources = Sources().Select(path => (Path: path, Folder: FolderOf(path), Text: File.ReadAllText(path))).ToArray();
        var types = sources.ToLookup(source => source.Folder, source => TypeName().Matches(source.Text).Select(match => match.Groups[1].Value));
        var known = folders.ToDictionary(entry => entry.Folder, entry => Names(entry.Knows).Append(entry.Folder).ToHashSet());
        foreach (var (path, folder, text) in sources.Where(source => known.ContainsKey(source.Folder)))
        {
            var written = _written.Matches(text).Select(match => Place(match.Groups[1].Value[1..].Replace('.', '/'))).ToHashSet();
            foreach (var other in folders.Select(entry => entry.Folder).Where(other => !known[folder].Contains(other) && other.Length > 0))
            {
                if (written.Contains(other) || types[other].SelectMany(names => names).Any(type => IsNamed(text, other, type)))
                {
                    yield return $"{Path.GetRelativePath(RepositoryRoot.Path, path)} knows {other}";
                }
            }
        }
    }

    /// <inheritdoc/>
    public override string ToString() => project;

    private static bool IsNamed(string text, string folder, string type) =>
        text.Contains($"{folder.Split('/')[^1]}.{type}", StringComparison.Ordinal)
        && Regex.IsMatch(text, $@"(?<![\w.""]){Regex.Escape(folder.Split('/')[^1])}\.{type}\b(?!\s*;?\s*</)");

    private IEnumerable<string> Sources() => Directory.EnumerateFiles(_root, "*.cs", SearchOption.AllDirectories)
        .Where(path => !Path.GetRelativePath(_root, path).StartsWith("obj", StringComparison.Ordinal));

    private string FolderOf(string path) => Place(Path.GetDirectoryName(Path.GetRelativePath(_root, path))!);

    private string Place(string path) => folders.Select(entry => entry.Folder)
        .Where(known => path == known || path.StartsWith(known + "/", StringComparison.Ordinal)).MaxBy(known => known.Length) ?? path;

    private static string[] Names(string knows) => knows.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Declared();

    [GeneratedRegex(@"^(?:public|internal)[\w ]*? (?:class|struct|record|interface|enum) (\w+)", RegexOptions.Multiline)]
    private static partial Regex TypeName();
}
