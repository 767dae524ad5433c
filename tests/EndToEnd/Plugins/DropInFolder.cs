using System.Security.Cryptography;
using NetAgent.TestKit;

namespace NetAgent.EndToEnd.Tests.Plugins;

/// <summary>A drop-in directory with sample plugins as a third party would deliver them: built, listed with their digests, protected.</summary>
internal sealed class DropInFolder : IDisposable
{
    private const UnixFileMode OthersWrite = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    internal string Path { get; } = Directory.CreateTempSubdirectory("netagent-dropin-").FullName;

    /// <summary>YAML for the agent's configuration.</summary>
    internal string Settings => $"dropIn: {{ directory: {Path}, digests: {Digests} }}";

    private string Digests => System.IO.Path.Combine(Path, "digests");

    /// <summary>Delivers a sample under a name of its own and returns its folder.</summary>
    internal string Add(string sample, string name)
    {
        var folder = Put(sample, name);
        List(name);
        return folder;
    }

    /// <summary>Puts a sample in the place of what was delivered under a name, unlisted.</summary>
    internal string Put(string sample, string name)
    {
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Name;
        var folder = System.IO.Path.Combine(Path, name);
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.EnumerateFiles(System.IO.Path.Combine(RepositoryRoot.Path, "artifacts", "bin", sample, configuration))
            .Where(file => file.EndsWith(".dll", StringComparison.Ordinal) || file.EndsWith(".deps.json", StringComparison.Ordinal)))
        {
            File.Copy(file, System.IO.Path.Combine(folder, System.IO.Path.GetFileName(file)));
        }
        foreach (var path in Directory.EnumerateFileSystemEntries(folder).Append(folder))
        {
            File.SetUnixFileMode(path, File.GetUnixFileMode(path) & ~OthersWrite);
        }
        return folder;
    }

    /// <summary>Lists what lies under a name.</summary>
    internal void List(string name)
    {
        var others = File.Exists(Digests) ? File.ReadAllLines(Digests).Where(line => !line.Contains($"  {name}/", StringComparison.Ordinal)) : [];
        File.WriteAllLines(Digests, others.Concat(Directory.EnumerateFiles(System.IO.Path.Combine(Path, name))
            .Select(file => $"{Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))}  {name}/{System.IO.Path.GetFileName(file)}")).ToArray());
        File.SetUnixFileMode(Digests, File.GetUnixFileMode(Digests) & ~OthersWrite);
    }

    /// <summary>One byte of the file turned round, as rot or an attacker would.</summary>
    internal static void Tamper(string file)
    {
        var bytes = File.ReadAllBytes(file);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(file, bytes);
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
