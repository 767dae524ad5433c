using System.Diagnostics;
using NetAgent.TestKit;

namespace NetAgent.Host.Tests.ThirdParty;

/// <summary>
/// The SDK as a stranger has it: a feed with packages made from this build, package and template folders of its own, nothing of the
/// repository's settings.
/// </summary>
internal sealed class DotnetCommand : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("netagent-third-party-");

    public string Folder => _folder.FullName;

    public string Feed => Path.Combine(Folder, "feed");

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>Packs a project of the repository as this build left it.</summary>
    public Task PackAsync(string project, params string[] more)
    {
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Name;
        return SdkAsync(RepositoryRoot.Path, ["pack", project, "-c", configuration, "-o", Feed, "--nologo", "-v", "q", .. more]);
    }

    private static string Known => Environment.GetEnvironmentVariable("NUGET_PACKAGES")
        ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    /// <summary>Builds or publishes against the feed. Packages that this machine has already are not fetched again, but never the feed's.</summary>
    public Task BuildAsync(string verb, string project, params string[] more)
    {
        return SdkAsync(Folder,
        [
            verb, project, "--nologo", "-v", "q", "-p:UseSharedCompilation=false", $"-p:RestoreAdditionalProjectSources={Feed}", "-p:NuGetAudit=false",
            $"-p:RestorePackagesPath={Path.Combine(Folder, "packages")}", $"-p:RestoreFallbackFolders={Known}", .. more,
        ]);
    }

    /// <summary>Runs a shell's commands in a home of their own, with packages that this machine has already but never the feed's.</summary>
    public Task<string> FollowAsync(string script) => RunAsync("env", Folder,
        $"DOTNET_CLI_HOME={Path.Combine(Folder, "home")}", $"NUGET_PACKAGES={Path.Combine(Folder, "packages")}", $"RestoreFallbackFolders={Known}",
        "NuGetAudit=false", "UseSharedCompilation=false", "bash", script);

    public static Task SdkAsync(string folder, params string[] arguments) => RunAsync("dotnet", folder, arguments);

    /// <summary>Runs a program to its end.</summary>
    /// <returns>What it said.</returns>
    public static async Task<string> RunAsync(string program, string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // No build server may outlive the test, and the tests' own settings are not the stranger's.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment.Remove("MSBuildSDKsPath");
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        var said = await output + await error;
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}:\n{said}");
        return said;
    }
}
