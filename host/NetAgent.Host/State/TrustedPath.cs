using NetAgent.Dataplane.Files;

namespace NetAgent.Host.State;

/// <summary>
/// Whether somebody else could put another file where a path leads. Whoever may write a directory may exchange what is in it, whatever the
/// files' own modes are, between any check and any use.
/// </summary>
internal static class TrustedPath
{
    private const UnixFileMode OthersWrite = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
    private const int MostLinks = 40;

    public static bool IsOurs(FileStatus status) => status.Owner == 0 || status.Owner == FileOwner.Self();

    public static bool IsWritableByOthers(FileStatus status) => (status.Mode & OthersWrite) != 0;

    /// <summary>
    /// A directory without links in its path: it and all above it belong to root or us, and nobody else may exchange any of them.
    /// </summary>
    /// <param name="directory">As somebody named it.</param>
    /// <param name="isLastStrict">False: others may write the directory itself. Above it the sticky bit is enough, as it keeps what is ours
    /// in place.</param>
    /// <param name="tolerated">One above it that others may write all the same.</param>
    /// <exception cref="UntrustedPathException">It is not so.</exception>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    public static string Directory(string directory, bool isLastStrict = true, string? tolerated = null)
    {
        var rest = new Stack<string>();
        Push(Path.GetFullPath(directory));
        var (at, links) = ("/", 0);
        CheckDirectory(at, isLast: rest.Count == 0);
        while (rest.TryPop(out var next))
        {
            var path = next == ".." ? Path.GetDirectoryName(at) ?? "/" : Path.Combine(at, next);
            if (LinkTarget(path) is { } target)
            {
                if (++links > MostLinks)
                {
                    throw new UntrustedPathException("SymbolicLink", $"{directory} leads through more than {MostLinks} links",
                        "name the directory itself");
                }
                at = target[0] == '/' ? "/" : at;
                Push(target);
                continue;
            }
            CheckDirectory(path, rest.Count == 0);
            at = path;
        }
        return at;

        void Push(string path)
        {
            foreach (var part in path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part != ".").Reverse())
            {
                rest.Push(part);
            }
        }

        void CheckDirectory(string path, bool isLast)
        {
            var status = Owned(path);
            if (!status.IsDirectory)
            {
                throw new UntrustedPathException("NotADirectory", $"{path} is a {status.Kind}", "name a directory");
            }
            if (IsWritableByOthers(status) && (isLast ? isLastStrict : path != tolerated && !status.Mode.HasFlag(UnixFileMode.StickyBit)))
            {
                throw new UntrustedPathException("WritableByOthers",
                    $"{path} is writable by its group or by everybody, who could exchange what is in it", "chmod go-w");
            }
        }
    }

    /// <summary>Where a link leads, which must be root's or ours; null for what is no link.</summary>
    public static string? LinkTarget(string path) => Owned(path).IsLink ? new FileInfo(path).LinkTarget : null;

    private static FileStatus Owned(string path)
    {
        var status = FileStatus.Of(path, followLinks: false) ?? throw new FileNotFoundException($"{path} is not there", path);
        return IsOurs(status)
            ? status : throw new UntrustedPathException("WrongOwner", $"{path} belongs to user {status.Owner}", "chown it to root");
    }
}

/// <summary>Somebody else could put another file there.</summary>
internal sealed class UntrustedPathException(string reason, string message, string fix) : IOException($"{message}; {fix}")
{
    public string Reason => reason;

    public string What => message;

    public string Fix => fix;
}
