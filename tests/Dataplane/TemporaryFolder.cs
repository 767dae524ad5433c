namespace NetAgent.Dataplane.Tests;

/// <summary>A folder that stands for / and goes with the test.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("netagent-").FullName;

    public string Write(string path, string text)
    {
        var place = Path.Join(Root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(place)!);
        File.WriteAllText(place, text);
        return place;
    }

    public string Read(string path) => File.ReadAllText(Path.Join(Root, path));

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
