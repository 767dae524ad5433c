using System.Text;
using NetAgent.Dataplane.Files;

namespace NetAgent.Host.Plugins;

/// <summary>A list as <c>sha256sum</c> writes it: digest, two spaces (or space and star), path relative to the drop-in directory.</summary>
internal static class DigestList
{
    private const long Limit = 4 << 20;

    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="FormatException">A line is not of that form; the message names file and line.</exception>
    public static IReadOnlyDictionary<string, string> Read(string path)
    {
        var digests = new Dictionary<string, string>(StringComparer.Ordinal);
        var number = 0;
        foreach (var line in Encoding.UTF8.GetString(RegularFile.ReadAllBytes(path, Limit)).Split('\n').Select(line => line.TrimEnd('\r')))
        {
            number++;
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }
            if (line.Length < 67 || line[64] != ' ' || line[65] is not (' ' or '*') || !line[..64].All(char.IsAsciiHexDigit))
            {
                throw new FormatException($"{path}:{number}: '{line}' is not a SHA-256 digest, two spaces and a path, as sha256sum writes it");
            }
            var file = line[66..];
            digests[file.StartsWith("./", StringComparison.Ordinal) ? file[2..] : file] = line[..64].ToLowerInvariant();
        }
        return digests;
    }
}
