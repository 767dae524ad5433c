using System.Text;
using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;
using NetAgent.Dataplane.Tables;

namespace NetAgent.Dataplane.Files;

/// <summary>
/// Small configuration files, whole or not at all: written beside their place, synced, renamed over it. A first line marks them as the
/// agent's. A file without it, a folder or a symbolic link is somebody else's arrangement and is neither replaced nor removed.
/// </summary>
/// <param name="root"><c>/</c>, or a folder that stands for it in tests.</param>
internal sealed class ConfigFileTable(string root) : IKernelTable<string, ConfigFile>
{
    // Readable by all, as files below /etc/sysctl.d are.
    private const int Mode = 0x1A4; // 0644

    // Earlier versions' lines begin with it too.
    private const string Mark = "# Written by netagent";
    private const string FirstLine = Mark + ", which replaces and removes this file: keep your own settings in another.\n";

    public string Name => "files";

    /// <summary>The paths to look at: those claimed or written.</summary>
    public IReadOnlyCollection<string> Paths { get; set; } = [];

    public IReadOnlyDictionary<string, ConfigFile> Read()
    {
        var rows = new Dictionary<string, ConfigFile>(StringComparer.Ordinal);
        foreach (var path in Paths.Where(p => Problem(p) is null))
        {
            if (ReadText(path, out var errno) is { } text)
            {
                if (IsOurs(text))
                {
                    rows[path] = new(path, text.StartsWith(FirstLine, StringComparison.Ordinal) ? text[FirstLine.Length..] : text);
                }
            }
            else if (errno == FileErrno.Eloop)
            {
                rows[path] = new(path, "");
            }
            else if (errno is not (FileErrno.Enoent or FileErrno.Enotdir or FileErrno.Eisdir or FileErrno.Enxio))
            {
                throw new KernelException("read", errno, $"{path}: {FileErrno.Text(errno)}");
            }
        }
        return rows;
    }

    public void Apply(IReadOnlyList<RowChange<ConfigFile>> changes, ICollection<RowRefusal> refusals)
    {
        for (var i = 0; i < changes.Count; i++)
        {
            var (kind, row, _) = changes[i];
            var failure = Problem(row.Path) is { } problem ? new FileFailure("open", FileErrno.Einval, problem)
                : Foreign(row.Path) is { } foreign ? kind == RowChangeKind.Remove && foreign.Errno != FileErrno.Eloop ? null : foreign
                : kind == RowChangeKind.Remove ? Remove(Place(row.Path)) : Write(Place(row.Path), FirstLine + row.Text);
            if (failure is not null)
            {
                refusals.Add(new(i, failure.Operation, failure.Errno, $"{row.Path}: {failure.Reason}"));
            }
        }
    }

    private string Place(string path) => Path.Join(root, path);

    private static string? Problem(string path) =>
        path.StartsWith('/') && !path.EndsWith('/') && !path.Contains('\0') && !path.Split('/').Any(p => p is ".." or ".")
            ? null
            : "is not an absolute path of a file without . and ..";

    private static bool IsOurs(string text) => text.StartsWith(Mark, StringComparison.Ordinal);

    // What stands there and is somebody else's; null for nothing, and for what is ours.
    private FileFailure? Foreign(string path)
    {
        var text = ReadText(path, out var errno);
        return errno switch
        {
            FileErrno.Eloop =>
                new("open", errno, $"is a symbolic link to {new FileInfo(Place(path)).LinkTarget}; remove the link or choose another path"),
            FileErrno.Eisdir => new("open", errno, "is a folder; remove it, or give it another name"),
            _ when errno == FileErrno.Enxio || (text is not null && !IsOurs(text)) =>
                new("open", FileErrno.Eexist,
                    $"is there and is not the agent's, as it does not begin with \"{Mark}\"; give it another name"),
            _ => null,
        };
    }

    // A pipe reads as empty rather than for ever; a socket is ENXIO.
    private string? ReadText(string path, out int errno) =>
        PosixFile.ReadText(Place(path), PosixFile.NoFollow | PosixFile.NonBlock, out errno);

    private static FileFailure? Remove(string place)
    {
        var errno = PosixFile.Unlink(place);
        if (errno is FileErrno.Enoent or FileErrno.Enotdir)
        {
            return null;
        }
        return errno == 0 ? SyncFolder(place) : FileFailure.Of("unlink", errno);
    }

    private static FileFailure? Write(string place, string text)
    {
        var temporary = Path.Join(Path.GetDirectoryName(place), $".{Path.GetFileName(place)}.netagent");
        // A leftover of a run that was cut short.
        _ = PosixFile.Unlink(temporary);
        var failure = WriteNew(temporary, text) ?? FileFailure.Of("rename", PosixFile.Rename(temporary, place));
        if (failure is null)
        {
            return SyncFolder(place);
        }
        _ = PosixFile.Unlink(temporary);
        return failure;
    }

    private static FileFailure? WriteNew(string temporary, string text)
    {
        using var handle = PosixFile.Open(
            temporary, PosixFile.WriteOnly | PosixFile.Create | PosixFile.Exclusive | PosixFile.NoFollow, Mode, out var errno);
        if (handle is null)
        {
            return errno == FileErrno.Enoent
                ? new("open", errno,
                    $"its folder does not exist (in a pod: is not mounted, see deploy/kustomize/persist): {FileErrno.Text(errno)}")
                : FileFailure.Of("open", errno);
        }
        // The umask must not decide who can read it.
        return FileFailure.Of("fchmod", PosixFile.SetMode(handle, Mode))
            ?? FileFailure.Of("write", PosixFile.Write(handle, Encoding.UTF8.GetBytes(text)))
            ?? FileFailure.Of("fsync", PosixFile.Sync(handle));
    }

    private static FileFailure? SyncFolder(string place) =>
        FileFailure.Of("fsync of its folder", PosixFile.SyncFolder(Path.GetDirectoryName(place) ?? "/"));

    private sealed record FileFailure(string Operation, int Errno, string Reason)
    {
        public static FileFailure? Of(string operation, int errno) => errno == 0 ? null : new(operation, errno, FileErrno.Text(errno));
    }
}
