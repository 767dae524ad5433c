using NetAgent.Host.State;

namespace NetAgent.Host.Commands;

/// <summary>
/// A private copy of the state directory, for commands that only look: what the running agent owns is known, and nothing that the look
/// does can reach the agent's own files.
/// </summary>
internal sealed class ScratchState : IDisposable
{
    private readonly DirectoryInfo _directory;

    public ScratchState(string stateDirectory)
    {
        var files = System.IO.Directory.Exists(stateDirectory) ? FilesOf(stateDirectory) : [];
        _directory = System.IO.Directory.CreateTempSubdirectory("netagent-");
        foreach (var file in files)
        {
            try
            {
                file.CopyTo(Path.Combine(_directory.FullName, file.Name));
            }
            catch (FileNotFoundException)
            {
                // A temporary file, which the agent renamed meanwhile.
            }
        }
    }

    public string Directory => _directory.FullName;

    private static FileInfo[] FilesOf(string stateDirectory)
    {
        StateFolder.Check(stateDirectory);
        return [.. new DirectoryInfo(stateDirectory).EnumerateFiles()
            .Where(file => file.Name != "lock" && !file.Name.EndsWith(".sock", StringComparison.Ordinal))];
    }

    public void Dispose() => _directory.Delete(recursive: true);
}
