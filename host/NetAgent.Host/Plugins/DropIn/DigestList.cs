using System.Text;
using NetAgent.Dataplane.Files;
using NetAgent.Host.State;

namespace NetAgent.Host.Plugins.DropIn;

/// <summary>A list as <c>sha256sum</c> writes it: digest, two spaces (or space and star), path relative to the drop-in directory.</summary>
internal static class DigestList
{
    private const long Limit = 4 << 20;
    private const int MostLinks = 8;

    /// <summary>Read from the very file that was checked.</summary>
    /// <exception cref="UntrustedPathException">Somebody else could put another list there.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="FormatException">A line is not of that form; the message names file and line.</exception>
    public static IReadOnlyDictionary<string, string> Read(string path)
    {
        using var file = Open(path);
        using var content = new MemoryStream();
        RegularFile.CopyTo(file, content, Limit);
        return Parse(path, Encoding.UTF8.GetString(content.ToArray()));
    }

    // A ConfigMap is mounted as list -> ..data/list, ..data -> ..2026_11_21, in a directory that the kubelet makes 0777: what counts there
    // is the directory below, which is root's. One may lie directly in a directory only where nobody else may write that.
    private static FileStream Open(string path)
    {
        var full = Path.GetFullPath(path);
        var folder = TrustedPath.Directory(Path.GetDirectoryName(full)!, isLastStrict: false);
        var at = Path.Combine(folder, Path.GetFileName(full));
        for (var links = 0; TrustedPath.LinkTarget(at) is { } target; links++)
        {
            var parent = Path.GetDirectoryName(Path.GetFullPath(target, Path.GetDirectoryName(at)!))!;
            var below = parent == folder ? parent : IsBelow(parent, folder) ? TrustedPath.Directory(parent, tolerated: folder) : parent;
            if (links == MostLinks || !IsBelow(below, folder))
            {
                throw new UntrustedPathException("SymbolicLink", $"{path} is a link to {target}, which leads out of {folder}",
                    "put the file itself there");
            }
            at = Path.Combine(below, Path.GetFileName(target));
        }
        TrustedPath.Directory(Path.GetDirectoryName(at)!, tolerated: folder);
        var file = RegularFile.Open(at, Limit, out var status, followLinks: false);
        try
        {
            if (!TrustedPath.IsOurs(status))
            {
                throw new UntrustedPathException("WrongOwner", $"{path} belongs to user {status.Owner}", "chown it to root");
            }
            if (TrustedPath.IsWritableByOthers(status))
            {
                throw new UntrustedPathException("WritableByOthers", $"{path} is writable by its group or by everybody", "chmod go-w");
            }
            // A directory on the way may have become a link since.
            if (new FileInfo($"/proc/self/fd/{file.SafeFileHandle.DangerousGetHandle()}").LinkTarget is { } opened && opened != at)
            {
                throw new UntrustedPathException("Exchanged", $"{path} leads to {opened}, and led to {at} a moment before",
                    "the agent looks again by itself");
            }
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static bool IsBelow(string path, string folder) =>
        path == folder || path.StartsWith(folder.TrimEnd('/') + "/", StringComparison.Ordinal);

    private static Dictionary<string, string> Parse(string path, string text)
    {
        var digests = new Dictionary<string, string>(StringComparer.Ordinal);
        var number = 0;
        foreach (var line in text.Split('\n').Select(line => line.TrimEnd('\r')))
        {
            number++;
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }
            if (line.Length < 67 || line[64] != ' ' || line[65] is not (' ' or '*') || !line[..64].All(char.IsAsciiHexDigit))
            {
                throw new FormatException(
                    $"{path}:{number}: '{line}' is not a SHA-256 digest, two spaces and a path, as sha256sum writes it");
            }
            var file = line[66..];
            digests[file.StartsWith("./", StringComparison.Ordinal) ? file[2..] : file] = line[..64].ToLowerInvariant();
        }
        return digests;
    }
}
