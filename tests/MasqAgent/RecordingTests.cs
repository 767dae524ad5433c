using NetAgent.Contracts;
using NetAgent.TestKit;

namespace NetAgent.MasqAgent.Tests;

/// <summary>What ip-masq-agent 2.12.6 wrote into a kernel, and what this plugin wants there.</summary>
public class RecordingTests
{
    private static readonly string Folder = Path.Combine(RepositoryRoot.Path, "tests", "MasqAgent", "recordings");

    public static TheoryData<string> Recordings => new(Directory.GetDirectories(Folder).Select(d => Path.GetFileName(d)).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Recordings))]
    public void Chains_are_as_recorded_and_what_was_refused_is_refused_with_defaults(string name)
    {
        string Read(string file) => File.ReadAllText(Path.Combine(Folder, name, file));
        var config = Path.Combine(Folder, name, "config");
        var flags = Read("flags").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

        var agent = Agent.With(File.Exists(config) ? File.ReadAllText(config) : null, flags);

        if (Read("error.txt").Trim().Length == 0)
        {
            Assert.True(agent.Result.IsAccepted, string.Join('\n', agent.Result.Problems));
            Assert.False(agent.Result.UsesDefaults);
            Assert.Equal(Read("expected4.txt").TrimEnd(), agent.Save(IpFamily.IPv4).TrimEnd());
            Assert.Equal(Read("expected6.txt").TrimEnd(), agent.Save(IpFamily.IPv6).TrimEnd());
            return;
        }
        // ip-masq-agent writes nothing then; a node without any egress NAT is worse than the defaults.
        Assert.False(agent.Result.IsAccepted);
        Assert.True(agent.Result.UsesDefaults);
        Assert.Equal(Agent.With(null, flags).Save(IpFamily.IPv4), agent.Save(IpFamily.IPv4));
        Assert.Contains(agent.Slice.Notices, n => n is { Severity: Severity.Error, Reason: "DefaultsInForce" });
    }

    [Fact]
    public void There_are_recordings_of_both_kinds()
    {
        var refused = Directory.GetDirectories(Folder).Count(d => File.ReadAllText(Path.Combine(d, "error.txt")).Trim().Length > 0);

        Assert.Equal(6, refused);
        Assert.Equal(18, Recordings.Count);
    }
}
