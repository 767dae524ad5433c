using System.Security.Cryptography;
using NetAgent.Dataplane.Linux;
using NetAgent.Host.Configuration;

namespace NetAgent.Host.Plugins;

/// <summary>
/// Takes a third party's plugin in: every file of its folder must be listed with its digest, belong to root (or the agent's own user) and
/// be writable by nobody else. Files are copied to a private directory and the copies are hashed and loaded, so that nothing can change
/// between check and use. Whoever may write both the folder and the list holds the node all the same.
/// </summary>
internal sealed class DropInStage(DropIn settings, string stateDirectory)
{
    private const UnixFileMode OthersWrite = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public IReadOnlyList<string> Names => PluginCatalog.Names(settings.Directory);

    public PluginSearchResult Find(string name)
    {
        try
        {
            var folder = Path.Combine(settings.Directory, name);
            Check(folder, name);
            Check(settings.Digests, name);
            var staged = Stage(folder, name);
            return PluginCatalog.Find(staged, name, isDropIn: true);
        }
        catch (PluginRefusedException refused)
        {
            return new(null, refused.Refusal);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or FormatException)
        {
            return new(null, new(name, "DropInUnreadable", failure.Message, "correct the file, then change the agent's configuration or restart it"));
        }
    }

    private string Stage(string folder, string name)
    {
        var digests = DigestList.Read(settings.Digests)
            .Where(digest => digest.Key.StartsWith(name + "/", StringComparison.Ordinal))
            .ToDictionary(digest => digest.Key[(name.Length + 1)..], digest => digest.Value, StringComparer.Ordinal);
        var target = Fresh(name);
        foreach (var path in Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var relative = Path.GetRelativePath(folder, path);
            Check(path, name);
            var copy = Path.Combine(target, name, relative);
            if (Directory.Exists(path))
            {
                Directory.CreateDirectory(copy, Private);
                continue;
            }
            if (path.EndsWith(".runtimeconfig.dev.json", StringComparison.Ordinal))
            {
                throw Refuse(name, "DevelopmentFile", $"{path} can pull DLLs from elsewhere", "delete it");
            }
            if (!digests.Remove(relative, out var wanted))
            {
                throw Refuse(name, "UnlistedFile", $"{path} is not listed in {settings.Digests}", "list it (sha256sum) or delete it");
            }
            File.Copy(path, copy);
            var found = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(copy)));
            if (found != wanted)
            {
                throw Refuse(name, "DigestMismatch", $"{path} has SHA-256 {found}, {settings.Digests} says {wanted}", "restore the file, or list the digest you mean to trust");
            }
        }
        if (digests.Count > 0)
        {
            throw Refuse(name, "MissingFile", $"{settings.Digests} lists {string.Join(", ", digests.Keys.Select(file => $"{name}/{file}"))}, not found in {folder}", "deliver the whole folder");
        }
        return target;
    }

    private string Fresh(string name)
    {
        var target = Path.Combine(stateDirectory, "drop-in", name);
        if (Directory.Exists(target))
        {
            Directory.Delete(target, recursive: true);
        }
        Directory.CreateDirectory(target, Private);
        Directory.CreateDirectory(Path.Combine(target, name), Private);
        return target;
    }

    private static void Check(string path, string name)
    {
        var info = new FileInfo(path);
        if (info.LinkTarget is { } link)
        {
            throw Refuse(name, "SymbolicLink", $"{path} is a link to {link}", "put the file itself there");
        }
        if (!info.Exists && !Directory.Exists(path))
        {
            throw Refuse(name, "NotFound", $"{path} is not there", "deliver it, or remove the plugin's entry");
        }
        if (FileOwner.Of(path) is var owner && owner != 0 && owner != FileOwner.Self())
        {
            throw Refuse(name, "WrongOwner", $"{path} belongs to user {owner}", "chown it to root");
        }
        if ((File.GetUnixFileMode(path) & OthersWrite) != 0)
        {
            throw Refuse(name, "WritableByOthers", $"{path} is writable by its group or by everybody", "chmod go-w");
        }
    }

    private static PluginRefusedException Refuse(string plugin, string reason, string message, string fix) =>
        new(new PluginRefusal(plugin, reason, message, fix));
}
