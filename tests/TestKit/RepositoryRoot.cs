namespace NetAgent.TestKit;

/// <summary>Finds files of the checkout from wherever a test assembly runs.</summary>
public static class RepositoryRoot
{
    /// <summary>The folder that holds NetAgent.sln.</summary>
    public static string Path { get; } = Find();

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "NetAgent.sln")))
            {
                return folder.FullName;
            }
        }
        throw new InvalidOperationException($"no NetAgent.sln above {AppContext.BaseDirectory}");
    }
}
