using System.Security.Cryptography;
using System.Text;
using NetAgent.Dataplane.Files;
using NetAgent.Host.Configuration;

namespace NetAgent.Host.Plugins;

/// <summary>
/// Takes a third party's plugin in: every file of its folder must be listed with its digest, belong to root (or the agent's own user) and
/// be writable by nobody else. Files are copied to a private directory and the copies are hashed and loaded, so that nothing can change
/// between check and use. Whoever may write both the folder and the list holds the node all the same.
/// </summary>
internal sealed class DropInStage(DropIn settings, string stateDirectory)
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public IReadOnlyList<string> Names => PluginCatalog.Names(settings.Directory);

    /// <param name="name">The folder's name.</param>
    /// <param name="loaded">What runs of it, which stays where it is.</param>
    public PluginSearchResult Find(string name, string? loaded = null)
    {
        try
        {
            DropInFolder.Check(settings.Digests, name);
            var (folder, digest) = Stage(name, loaded);
            var found = PluginCatalog.Find(folder, name, isDropIn: true);
            return found.Image is { } image ? new(image with { FolderDigest = digest }, null) : found;
        }
        catch (PluginRefusedException refused)
        {
            return new(null, refused.Refusal);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or FormatException)
        {
            return new(null, new(name, "DropInUnreadable", failure.Message, "correct the file; the agent looks again by itself"));
        }
    }

    // A folder per content: the version that runs is not disturbed by the one that comes.
    private (string Folder, string Digest) Stage(string name, string? loaded)
    {
        var home = Path.Combine(stateDirectory, StageFolders.Name, name);
        Directory.CreateDirectory(home, Private);
        var fresh = Path.Combine(home, $".new-{Guid.NewGuid():N}");
        try
        {
            var digest = CopyAll(name, Path.Combine(fresh, name));
            var folder = Path.Combine(home, digest);
            if (digest == loaded)
            {
                return (folder, digest);
            }
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
            Directory.Move(fresh, folder);
            return (folder, digest);
        }
        finally
        {
            if (Directory.Exists(fresh))
            {
                Directory.Delete(fresh, recursive: true);
            }
        }
    }

    /// <summary>Returns the digest of all files with their names.</summary>
    private string CopyAll(string name, string target)
    {
        var folder = Path.Combine(settings.Directory, name);
        var digests = DigestList.Read(settings.Digests)
            .Where(digest => digest.Key.StartsWith(name + "/", StringComparison.Ordinal))
            .ToDictionary(digest => digest.Key[(name.Length + 1)..], digest => digest.Value, StringComparer.Ordinal);
        var all = new StringBuilder();
        foreach (var path in DropInFolder.Files(folder, name))
        {
            var relative = Path.GetRelativePath(folder, path);
            if (path.EndsWith(".runtimeconfig.dev.json", StringComparison.Ordinal))
            {
                throw DropInFolder.Refuse(name, "DevelopmentFile", $"{path} can pull DLLs from elsewhere", "delete it");
            }
            if (!digests.Remove(relative, out var wanted))
            {
                throw DropInFolder.Refuse(name, "UnlistedFile", $"{path} is not listed in {settings.Digests}", "list it (sha256sum) or delete it");
            }
            var copy = Path.Combine(target, relative);
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!, Private);
            if (Copy(path, copy) is var found && found != wanted)
            {
                throw DropInFolder.Refuse(name, "DigestMismatch", $"{path} has SHA-256 {found}, {settings.Digests} says {wanted}", "restore the file, or list the digest you mean to trust");
            }
            all.Append(wanted).Append("  ").Append(relative).Append('\n');
        }
        if (digests.Count > 0)
        {
            throw DropInFolder.Refuse(name, "MissingFile", $"{settings.Digests} lists {string.Join(", ", digests.Keys.Select(file => $"{name}/{file}"))}, not found in {folder}", "deliver the whole folder");
        }
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(all.ToString())))[..16];
    }

    // The digest is the copy's: what is read back, not what was written.
    private static string Copy(string path, string copy)
    {
        using (var from = RegularFile.Open(path, DropInFolder.FileLimit, out _, followLinks: false))
        using (var to = new FileStream(copy, FileMode.CreateNew, FileAccess.Write))
        {
            RegularFile.CopyTo(from, to, DropInFolder.FileLimit);
        }
        using var written = File.OpenRead(copy);
        return Convert.ToHexStringLower(SHA256.HashData(written));
    }
}
