namespace NetAgent.Host.Tests.Fakes;

/// <summary>A list of digests in a directory of its own.</summary>
internal sealed class TemporaryList : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("netagent-digests-");

    public TemporaryList(string digests) => Write(Path, digests);

    public string Path => System.IO.Path.Combine(_folder.FullName, "digests");

    /// <summary>As the kubelet mounts one: the directory 0777 without the sticky bit, the list two links away. Returns the directory that it lies in.</summary>
    public string BecomeConfigMap(string version)
    {
        var text = File.ReadAllText(Path);
        File.Delete(Path);
        File.CreateSymbolicLink(Path, "..data/digests");
        File.SetUnixFileMode(_folder.FullName, (UnixFileMode)Convert.ToInt32("777", 8));
        return Swap(version, text);
    }

    public string Swap(string version, string digests)
    {
        var inner = Directory.CreateDirectory(System.IO.Path.Combine(_folder.FullName, version), (UnixFileMode)Convert.ToInt32("755", 8)).FullName;
        Write(System.IO.Path.Combine(inner, "digests"), digests);
        var link = System.IO.Path.Combine(_folder.FullName, "..data");
        File.Delete(link);
        File.CreateSymbolicLink(link, version);
        return inner;
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static void Write(string path, string text)
    {
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, (UnixFileMode)Convert.ToInt32("644", 8));
    }
}
