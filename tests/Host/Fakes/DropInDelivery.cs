using System.Security.Cryptography;

namespace NetAgent.Host.Tests.Fakes;

/// <summary>A drop-in directory as a third party fills it.</summary>
internal sealed class DropInDelivery : IDisposable
{
    private const UnixFileMode OthersWrite = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    private readonly SamplePlugins _samples = new();

    public string Path => _samples.Path;

    public string Digests => System.IO.Path.Combine(Path, "digests");

    /// <summary>For the agent's file.</summary>
    public string Settings => $"dropIn: {{directory: {Path}, digests: {Digests}}}";

    /// <summary>Puts a sample's files in the place of what was there; returns the folder.</summary>
    public string Put(string sample, string name)
    {
        var folder = System.IO.Path.Combine(Path, name);
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
        _samples.Add(sample, name);
        Protect();
        return folder;
    }

    /// <summary>Lists all files as they are now.</summary>
    public void List()
    {
        File.WriteAllLines(Digests, Directory.EnumerateFiles(Path, "*", SearchOption.AllDirectories).Where(file => file != Digests)
            .Select(file => $"{Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))}  {System.IO.Path.GetRelativePath(Path, file)}"));
        Protect();
    }

    public void Deliver(string sample, string name)
    {
        Put(sample, name);
        List();
    }

    public void Dispose() => _samples.Dispose();

    private void Protect()
    {
        foreach (var path in Directory.EnumerateFileSystemEntries(Path, "*", SearchOption.AllDirectories).Append(Path))
        {
            File.SetUnixFileMode(path, File.GetUnixFileMode(path) & ~OthersWrite);
        }
    }
}
