using System.Diagnostics;
using NetAgent.TestKit;

namespace NetAgent.Host.Tests.Composition;

public sealed class SystemdUnitTests
{
    [Fact]
    public async Task Systemd_finds_no_fault_with_the_unit()
    {
        var unit = await File.ReadAllTextAsync(Path.Combine(RepositoryRoot.Path, "deploy/systemd/netagent.service"), TestContext.Current.CancellationToken);
        var folder = Directory.CreateTempSubdirectory("netagent-unit-");
        try
        {
            // It also checks that the program is there, which it is not on this machine.
            var path = Path.Combine(folder.FullName, "netagent.service");
            await File.WriteAllTextAsync(path, unit.Replace("/opt/netagent/netagent", "/bin/true", StringComparison.Ordinal), TestContext.Current.CancellationToken);
            using var verify = Start(path);
            var said = await verify.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await verify.WaitForExitAsync(TestContext.Current.CancellationToken);

            // Units of the machine itself are none of ours.
            Assert.DoesNotContain("netagent.service", said, StringComparison.Ordinal);
            Assert.Equal(0, verify.ExitCode);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static Process Start(string unit)
    {
        try
        {
            return Process.Start(new ProcessStartInfo("systemd-analyze", ["verify", unit]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("systemd-analyze is not here (Debian package systemd; tests/run installs it)");
            throw;
        }
    }
}
