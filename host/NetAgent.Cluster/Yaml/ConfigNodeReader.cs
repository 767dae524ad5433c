using System.Text;
using NetAgent.Contracts;

namespace NetAgent.Cluster.Yaml;

/// <summary>
/// Reads YAML or JSON into <see cref="ConfigNode"/>s: with lines, in order, duplicate keys kept, anchors and merge keys resolved.
/// Never throws for bad text: every document comes back with its content or its problem.
/// </summary>
public static class ConfigNodeReader
{
    /// <summary>Bytes that a configuration file may have: four times what a ConfigMap can hold.</summary>
    public const long ConfigurationLimit = 4 << 20;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>
    /// Reads the one document of a configuration. The Kubernetes components take the first of several and drop the rest without a word;
    /// here several are a problem, for nobody writes what should not count. Of a ConfigMap the configuration that it holds.
    /// </summary>
    public static ConfigDocument Read(string text) => Read(text, isKubeconfig: false);

    private static ConfigDocument Read(string text, bool isKubeconfig) => ConfigMapDocument.Unwrap(ReadOne(text, 1), text, isKubeconfig);

    /// <param name="text">One document.</param>
    /// <param name="firstLine">The line on which the text begins.</param>
    internal static ConfigDocument ReadOne(string text, int firstLine)
    {
        var documents = ReadAll(text, firstLine);
        return documents.Count switch
        {
            0 => new(1, firstLine, null, null),
            1 => documents[0],
            _ => new(1, documents[1].Line, null,
                $"line {documents[1].Line}: document 2 of {documents.Count} begins here ('---'), and a configuration is one document; remove it or give it a file of its own"),
        };
    }

    /// <summary>Reads all documents, each on its own: a bad one does not hide those that follow. Empty ones are left out.</summary>
    public static IReadOnlyList<ConfigDocument> ReadAll(string text) => ReadAll(text, 1);

    private static List<ConfigDocument> ReadAll(string text, int startLine)
    {
        var documents = new List<ConfigDocument>();
        foreach (var (content, line) in DocumentSplitter.Split(text))
        {
            var firstLine = startLine - 1 + line;
            string? jsonProblem = null;
            if (Impostor.IsPage(content))
            {
                documents.Add(new(documents.Count + 1, firstLine, null, Impostor.Of(content, firstLine)));
                continue;
            }
            if (content.AsSpan().TrimStart() is ['{' or '[', ..] && JsonConfigReader.TryRead(content, firstLine, documents, out jsonProblem))
            {
                continue;
            }
            var (root, problem) = YamlConfigReader.Read(content, firstLine);
            if (problem is not null)
            {
                problem = Impostor.Of(content, firstLine) ?? (IsMeantForJson(content) ? jsonProblem : null) ?? problem;
            }
            if (root is not null || problem is not null)
            {
                documents.Add(new(documents.Count + 1, firstLine, root, problem));
            }
        }
        return documents;
    }

    // Flow style YAML begins alike, but hardly anybody puts its keys in quotes.
    private static bool IsMeantForJson(ReadOnlySpan<char> text) =>
        text.TrimStart() is ['{' or '[', .. var rest] && (rest.TrimStart() is not [var first, ..] || first is '"' or '{' or '[' or '}' or ']');

    /// <summary>Reads the one document of a file. Never throws for what the file is or holds.</summary>
    public static ConfigurationFile ReadFile(string path) => ReadFile(path, File.ReadAllBytes);

    /// <summary>As <see cref="ReadFile(string)"/>, by other means than the framework's, which wait at a FIFO.</summary>
    public static ConfigurationFile ReadFile(string path, Func<string, byte[]> readBytes) => ReadFile(path, readBytes, isKubeconfig: false);

    /// <summary>As <see cref="ReadFile(string, Func{string, byte[]})"/>, of a kubeconfig: of a ConfigMap that which stands beside the configuration.</summary>
    public static ConfigurationFile ReadKubeconfig(string path, Func<string, byte[]> readBytes) => ReadFile(path, readBytes, isKubeconfig: true);

    private static ConfigurationFile ReadFile(string path, Func<string, byte[]> readBytes, bool isKubeconfig)
    {
        if (new FileInfo(path) is { Exists: true, Length: > ConfigurationLimit } large)
        {
            return new()
            {
                Path = path,
                Exists = true,
                Problem = $"the file has {large.Length >> 20} MiB; a configuration has {ConfigurationLimit >> 20} at most",
            };
        }
        var (text, exists, problem) = ReadText(path, readBytes);
        if (text is null)
        {
            return new() { Path = path, Exists = exists, Problem = problem };
        }
        var document = Read(text, isKubeconfig);
        return new() { Path = path, Exists = true, Root = document.Root, Problem = document.Problem };
    }

    /// <summary>The text of a file, or why there is none.</summary>
    internal static (string? Text, bool Exists, string? Problem) ReadText(string path, Func<string, byte[]>? readBytes = null)
    {
        try
        {
            var bytes = (readBytes ?? File.ReadAllBytes)(path).AsSpan();
            return (StrictUtf8.GetString(bytes.StartsWith(Encoding.UTF8.Preamble) ? bytes[3..] : bytes), true, null);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return (null, false, null);
        }
        catch (DecoderFallbackException e)
        {
            return (null, true, $"the file is not UTF-8 text (byte {e.Index})");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, true, $"cannot be read: {e.Message}");
        }
    }
}
