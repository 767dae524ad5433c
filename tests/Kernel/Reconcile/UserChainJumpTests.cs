using NetAgent.Contracts;
using NetAgent.Dataplane.Linux;
using NetAgent.TestKit;

namespace NetAgent.Kernel.Tests.Reconcile;

/// <summary>Jumps into user chains of others, such as Docker's DOCKER-USER.</summary>
[Trait("Category", "Kernel")]
public sealed class UserChainJumpTests
{
    private static readonly PluginClaims Claims = new()
    {
        Chains = [new("filter", "NA-GUARD")],
        Jumps = [new("filter", "DOCKER-USER", "NA-GUARD")],
    };

    public static IEnumerable<TheoryDataRow<string>> Backends =>
        new[] { "legacy", "nft" }.Select(backend => new TheoryDataRow<string>(backend).WithTrait("Backend", backend));

    [Theory]
    [MemberData(nameof(Backends))]
    public void A_jump_in_a_foreign_user_chain_is_read_back_put_right_and_cleaned_up(string backend) => NetworkNamespace.Run(() =>
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        var folder = Directory.CreateTempSubdirectory("netagent-jumps-").FullName;
        try
        {
            using (var dataplane = LinuxDataplane.Open(new() { StateDirectory = folder }))
            {
                Assert.SkipUnless(dataplane.Capabilities.Iptables4?.Contains(backend, StringComparison.Ordinal) == true, $"{backend} is not in use on this kernel");
                Iptables("-N", "DOCKER-USER");
                Iptables("-A", "DOCKER-USER", "-d", "192.0.2.7/32", "-j", "RETURN");
                dataplane.OpenSlice("guard", Claims).Replace("a", Rows());
                dataplane.MarkComplete("guard");
                Assert.True(dataplane.Sync(verify: false, TestContext.Current.CancellationToken).IsComplete);
                Assert.Contains("-A DOCKER-USER -j NA-GUARD", Iptables("-S", "DOCKER-USER"), StringComparison.Ordinal);

                var verified = dataplane.Sync(verify: true, TestContext.Current.CancellationToken);
                Assert.Equal((0, 0), (verified.Drifted, verified.Changes));

                Iptables("-D", "DOCKER-USER", "-j", "NA-GUARD");
                var repaired = dataplane.Sync(verify: true, TestContext.Current.CancellationToken);
                Assert.Equal((1, 1), (repaired.Drifted, repaired.Changes));
            }
            using (var cleaner = LinuxDataplane.Open(new() { StateDirectory = folder }))
            {
                var cleaned = cleaner.Cleanup(new(), TestContext.Current.CancellationToken);
                Assert.True(cleaned.IsComplete, string.Join("; ", cleaned.Failed));
            }
            Assert.Equal(["-N DOCKER-USER", "-A DOCKER-USER -d 192.0.2.7/32 -j RETURN"], Iptables("-S", "DOCKER-USER").Trim().Split('\n'));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        string Iptables(params string[] arguments) => Shell.Run($"iptables-{backend}", arguments);
    });

    private static RowSet Rows()
    {
        var rows = new RowSet();
        rows.Chains.Add(new(new(IpFamily.IPv4, "filter", "NA-GUARD"), ["-d 192.0.2.8/32 -j DROP"]));
        rows.Jumps.Add(new(new(IpFamily.IPv4, "filter", "DOCKER-USER", "-j NA-GUARD"), JumpPosition.First));
        return rows;
    }
}
