using System.Security.Cryptography;
using System.Text;
using NetAgent.Dataplane.Files;
using NetAgent.Host.Configuration;
using NetAgent.Host.Plugins.Discovery;
using NetAgent.Host.State;

namespace NetAgent.Host.Plugins.DropIn;

/// <summary>
/// Takes a third party's plugin in: every file of its folder must be listed with its digest, belong to root (or the agent's own user) and
/// be writable by nobody else, and so must the directories be that it lies in. Files are copied to a private directory and the copies are
/// hashed and loaded, so that nothing can change between check and use. Whoever may write both the folder and the list holds the node all
/// the same.
/// </summary>
internal sealed class DropInStage(DropInSettings settings, string stateDirectory)
{
    public IReadOnlyList<string> Names => PluginCatalog.Names(settings.Directory);

    /// <param name="name">The folder's name.</param>
    /// <param name="loaded">What runs of it, which stays where it is.</param>
    public PluginSearchResult Find(string name, string? loaded = null)
    {
        try
        {
            var (folder, digest) = Stage(name, loaded);
            var found = PluginCatalog.Find(folder, name, isDropIn: true);
            return found.Image is { } image ? new(image with { FolderDigest = digest }, null)
                : new(null,
                    found.Refusal! with
                    {
                        Message = found.Refusal.Message.Replace(
                    Path.Combine(folder, name), Path.Combine(settings.Directory, name), StringComparison.Ordinal)
                    });
        }
        catch (UntrustedPathException untrusted)
        {
            return new(null, new(name, untrusted.Reason, untrusted.What, untrusted.Fix));
        }
        catch (FileNotFoundException missing)
        {
            return new(null, new(name, "NotFound", missing.Message, "deliver it, or remove the plugin's entry"));
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
        var digests = DigestList.Read(settings.Digests);
        var delivered = TrustedPath.Directory(settings.Directory);
        var home = Path.Combine(stateDirectory, StageFolders.Name, name);
        StageFolders.MakePrivate(Path.Combine(stateDirectory, StageFolders.Name));
        StageFolders.MakePrivate(home);
        var fresh = Path.Combine(home, $".new-{Guid.NewGuid():N}");
        try
        {
            var digest = CopyAll(name, Path.Combine(delivered, name), Path.Combine(fresh, name), digests);
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
    private string CopyAll(string name, string folder, string target, IReadOnlyDictionary<string, string> listed)
    {
        var digests = listed.Where(digest => digest.Key.StartsWith(name + "/", StringComparison.Ordinal))
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
                throw DropInFolder.Refuse(name, "UnlistedFile", $"{path} is not listed in {settings.Digests}",
                    "list it (sha256sum) or delete it");
            }
            var copy = Path.Combine(target, relative);
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!, StateFolder.Private);
            if (Copy(path, copy, name) is var found && found != wanted)
            {
                throw DropInFolder.Refuse(name, "DigestMismatch", $"{path} has SHA-256 {found}, {settings.Digests} says {wanted}",
                    "restore the file, or list the digest you mean to trust");
            }
            all.Append(wanted).Append("  ").Append(relative).Append('\n');
        }
        if (digests.Count > 0)
        {
            throw DropInFolder.Refuse(name, "MissingFile",
                $"{settings.Digests} lists {string.Join(", ", digests.Keys.Select(file => $"{name}/{file}"))}, not found in {folder}",
                "deliver the whole folder");
        }
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(all.ToString())))[..16];
    }

    /// <summary>
    /// Of the very file that is open its kind, owner and mode are checked. Returns the copy's digest: of what is read back, not what was
    /// written.
    /// </summary>
    internal static string Copy(string path, string copy, string plugin)
    {
        using (var from = RegularFile.Open(path, PluginCatalog.FileLimit, out var status, followLinks: false))
        {
            DropInFolder.CheckHands(status, path, plugin);
            using var to = new FileStream(copy, FileMode.CreateNew, FileAccess.Write);
            RegularFile.CopyTo(from, to, PluginCatalog.FileLimit);
        }
        using var written = File.OpenRead(copy);
        return Convert.ToHexStringLower(SHA256.HashData(written));
    }
}
