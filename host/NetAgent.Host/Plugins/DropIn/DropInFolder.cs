using System.Globalization;
using System.Text;
using NetAgent.Dataplane.Files;
using NetAgent.Host.Configuration;
using NetAgent.Host.Plugins.Discovery;
using NetAgent.Host.State;

namespace NetAgent.Host.Plugins.DropIn;

/// <summary>A third party's folder as it was delivered: who owns it, who may write it and what is in it.</summary>
internal static class DropInFolder
{
    /// <summary>Bytes that all of a plugin's files may have.</summary>
    public const long FolderLimit = 256 << 20;

    private const int MostEntries = 1000;

    /// <summary>All files, checked, in order. No link is followed and no file opened.</summary>
    /// <exception cref="PluginRefusedException">Something in it may not be there.</exception>
    public static IReadOnlyList<string> Files(string folder, string plugin)
    {
        var (files, entries, size) = (new List<string>(), 0, 0L);
        Walk(folder);
        return files;

        void Walk(string directory)
        {
            Check(directory, plugin);
            foreach (var path in Directory.EnumerateFileSystemEntries(directory).Order(StringComparer.Ordinal))
            {
                if (++entries > MostEntries)
                {
                    throw Refuse(plugin, "TooMuch", $"{folder} has more than {MostEntries} entries",
                        "deliver the plugin's own files alone");
                }
                var status = Check(path, plugin);
                if (status.IsDirectory)
                {
                    Walk(path);
                    continue;
                }
                size += status.Size;
                if (status.Size > PluginCatalog.FileLimit || size > FolderLimit)
                {
                    throw Refuse(plugin, "TooMuch", status.Size > PluginCatalog.FileLimit
                        ? $"{path} has {status.Size >> 20} MiB; a file may have {PluginCatalog.FileLimit >> 20}"
                        : $"the files in {folder} have more than {FolderLimit >> 20} MiB together", "deliver the plugin's own files alone");
                }
                files.Add(path);
            }
        }
    }

    /// <summary>Neither a link nor anything but a file or folder, and in the hands of root or the agent's user alone.</summary>
    /// <exception cref="PluginRefusedException">It is not so.</exception>
    public static FileStatus Check(string path, string plugin)
    {
        var status = FileStatus.Of(path, followLinks: false)
            ?? throw Refuse(plugin, "NotFound", $"{path} is not there", "deliver it, or remove the plugin's entry");
        if (new FileInfo(path).LinkTarget is { } link)
        {
            throw Refuse(plugin, "SymbolicLink", $"{path} is a link to {link}", "put the file itself there");
        }
        if (status is { IsRegular: false, IsDirectory: false })
        {
            throw Refuse(plugin, "NotRegular", $"{path} is a {status.Kind}; only regular files are read", "delete it");
        }
        CheckHands(status, path, plugin);
        return status;
    }

    /// <summary>In the hands of root or the agent's user alone.</summary>
    /// <exception cref="PluginRefusedException">It is not so.</exception>
    public static void CheckHands(FileStatus status, string path, string plugin)
    {
        if (!TrustedPath.IsOurs(status))
        {
            throw Refuse(plugin, "WrongOwner", $"{path} belongs to user {status.Owner}", "chown it to root");
        }
        if (TrustedPath.IsWritableByOthers(status))
        {
            throw Refuse(plugin, "WritableByOthers", $"{path} is writable by its group or by everybody", "chmod go-w");
        }
    }

    /// <summary>Differs from an earlier one when a file came, went or was touched since: a few stats, nothing is read.</summary>
    public static string Stamp(DropInSettings settings, string plugin)
    {
        var stamp = new StringBuilder();
        try
        {
            Add(settings.Digests);
            // Of a mounted ConfigMap the link stays and what it leads to is another.
            stamp.Append(CultureInfo.InvariantCulture, $"{FileStatus.Of(settings.Digests)}\n");
            var folder = Path.Combine(settings.Directory, plugin);
            Add(folder);
            if (FileStatus.Of(folder, followLinks: false) is { IsDirectory: true })
            {
                // Links to folders are not entered; more entries than it may have need not be told apart.
                var entries = new EnumerationOptions
                { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = false };
                foreach (var path in Directory.EnumerateFileSystemEntries(folder, "*", entries).Take(MostEntries + 1)
                    .Order(StringComparer.Ordinal))
                {
                    Add(path);
                }
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            stamp.Append(failure.Message);
        }
        return stamp.ToString();

        void Add(string path) => stamp.Append(CultureInfo.InvariantCulture, $"{path} {FileStatus.Of(path, followLinks: false)}\n");
    }

    public static PluginRefusedException Refuse(string plugin, string reason, string message, string fix) =>
        new(new PluginRefusal(plugin, reason, message, fix));
}
