namespace NetAgent.Host.Commands;

/// <summary>
/// A private copy of the state directory, for commands that only look: what the running agent owns is known, and nothing that the look
/// does can reach the agent's own files.
/// </summary>
internal sealed class ScratchState : IDisposable
{
    private readonly DirectoryInfo _directory = System.IO.Directory.CreateTempSubdirectory("netagent-");

    public ScratchState(string stateDirectory)
    {
        if (!System.IO.Directory.Exists(stateDirectory))
        {
            return;
        }
        foreach (var file in new DirectoryInfo(stateDirectory).EnumerateFiles().Where(file => file.Name != "lock" && !file.Name.EndsWith(".sock", StringComparison.Ordinal)))
        {
            file.CopyTo(Path.Combine(_directory.FullName, file.Name));
        }
    }

    public string Directory => _directory.FullName;

    public void Dispose() => _directory.Delete(recursive: true);
}
