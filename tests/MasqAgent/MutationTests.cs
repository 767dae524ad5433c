using System.Text;
using NetAgent.Contracts;
using NetAgent.TestKit;

namespace NetAgent.MasqAgent.Tests;

/// <summary>Ten thousand damaged files: none crashes anything, and rows change only for those that are valid.</summary>
public class MutationTests
{
    private const string Good = "nonMasqueradeCIDRs: [10.77.0.0/16]\nresyncInterval: 7s\n";

    private static readonly string[] Words =
    [
        "nonMasqueradeCIDRs", "masqueradeCIDRs", "masqLinkLocal", "masqLinkLocalIPv6", "resyncInterval", "cidrLimit", "podCIDRsOnly",
        "10.0.0.0/8", "10.0.0.1/8", "fd00::/8", "0.0.0.0/0", "::/0", "1.2.3.4/33", "null", "true", "false", "-1", "0", "5m", "1e9", "~",
        "[", "]", "{", "}", ":", "- ", "\n", "\"", "'", "#", "&a", "*a", "!!str", "|", ">", "%", "\t", "\u0000", "\ud83d\ude00", "\u2028", "---\n",
    ];

    private static readonly string[] Seeds =
    [
        Good,
        "nonMasqueradeCIDRs:\n- 172.16.0.0/12\n- 10.0.0.0/8\ncidrLimit: 64\nmasqLinkLocal: true\nmasqLinkLocalIPv6: false\nresyncInterval: 1m30s\n",
        "{\"nonMasqueradeCIDRs\": [\"172.16.0.0/12\", \"10.0.0.0/8\", \"fc00::/7\"], \"masqLinkLocal\": true, \"resyncInterval\": \"5s\"}",
        "nonMasqueradeCIDRs:\n  - 10.0.0.0/8\n  - 'fd00::/8'\nmasqueradeCIDRs: [10.9.0.0/16]\npodCIDRsOnly: false\n",
        .. Directory.GetFiles(Path.Combine(RepositoryRoot.Path, "tests", "MasqAgent", "recordings"), "config", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal).Select(File.ReadAllText),
    ];

    public static TheoryData<int> Batches => [.. Enumerable.Range(1, 10)];

    [Theory]
    [MemberData(nameof(Batches))]
    public void A_thousand_damaged_files_change_rows_only_when_valid(int seed)
    {
        var random = new Random(seed);
        var (accepted, refused) = (0, 0);
        for (var i = 0; i < 1000; i++)
        {
            var text = Mutate(Seeds[random.Next(Seeds.Length)], random);
            string[] arguments = random.Next(2) == 0 ? [] : ["--enable-ipv6"];
            var file = Documents.File(text);
            var agent = Agent.With(Good, arguments);
            var before = (agent.Save(IpFamily.IPv4), agent.Save(IpFamily.IPv6), agent.Result.Period);

            agent.Configure(file, arguments);

            var fresh = new Agent();
            fresh.Configure(file, arguments);
            Assert.Equal(agent.Result.IsAccepted, fresh.Result.IsAccepted);
            if (!agent.Result.IsAccepted)
            {
                refused++;
                Assert.Equal(before, (agent.Save(IpFamily.IPv4), agent.Save(IpFamily.IPv6), agent.Result.Period));
                Assert.True(fresh.Result.UsesDefaults);
                Assert.Equal(Agent.With(null, arguments).Save(IpFamily.IPv4), fresh.Save(IpFamily.IPv4));
            }
            else
            {
                accepted++;
                Assert.Equal(fresh.Save(IpFamily.IPv4), agent.Save(IpFamily.IPv4));
                AssertSound(agent, text);
            }
            AssertOtherFilesKeepTheirs(file, arguments, before.Item1);
        }
        Assert.InRange(accepted, 100, 900);
        Assert.InRange(refused, 100, 900);
    }

    /// <summary>Whatever was accepted: every range is aligned and stands in the file or in the defaults, and the catch-all is last.</summary>
    private static void AssertSound(Agent agent, string text)
    {
        foreach (var chain in agent.Slice.Chains.Rows)
        {
            Assert.EndsWith("-j MASQUERADE --random-fully", chain.Rules[chain.Rules.Count - 1]);
            foreach (var rule in chain.Rules)
            {
                if (rule.StartsWith("-d ", StringComparison.Ordinal))
                {
                    var prefix = InetPrefix.Parse(rule.Split(' ')[1]);
                    Assert.True(prefix.IsAligned);
                    Assert.Equal(chain.Key.Family, prefix.Family);
                    var isBuiltIn = prefix.ToString() is "169.254.0.0/16" or "fe80::/10" or "10.0.0.0/8" or "172.16.0.0/12" or "192.168.0.0/16";
                    Assert.True(isBuiltIn || text.Contains($"/{prefix.Length}"), $"{prefix} is not from {text}");
                }
            }
        }
    }

    /// <summary>Among several files a bad one changes nothing, neither before it was ever good nor after.</summary>
    private static void AssertOtherFilesKeepTheirs(ConfigurationFile damaged, string[] arguments, string alone)
    {
        var good = Documents.File(Good, "/good");
        PluginConfiguration With(ConfigurationFile other) => new() { Files = [good, other], Arguments = arguments.ToEquatableArray() };

        var agent = new Agent();
        agent.Configure(With(damaged));
        Assert.True(agent.Result.IsAccepted);
        if (agent.Slice.Notices.All(n => n.Reason != "ConfigurationFileRefused"))
        {
            return;
        }
        Assert.Equal(alone, agent.Save(IpFamily.IPv4));
        agent.Configure(With(Documents.File("nonMasqueradeCIDRs: [10.78.0.0/16]")));
        var both = agent.Save(IpFamily.IPv4);
        agent.Configure(With(damaged));
        Assert.Equal(both, agent.Save(IpFamily.IPv4));
    }

    private static string Mutate(string seed, Random random)
    {
        var text = new StringBuilder(seed);
        for (var n = random.Next(1, 4); n > 0; n--)
        {
            var at = random.Next(text.Length + 1);
            var length = Math.Min(random.Next(1, 8), text.Length - at);
            switch (random.Next(6))
            {
                case 0:
                    text.Insert(at, Words[random.Next(Words.Length)]);
                    break;
                case 1:
                    text.Remove(at, length);
                    break;
                case 2 when length > 0:
                    text[at] = (char)(text[at] ^ (1 << random.Next(7)));
                    break;
                case 3:
                    text.Length = at;
                    break;
                case 4:
                    text.Insert(random.Next(text.Length + 1), text.ToString(at, length));
                    break;
                case 5 when length > 0 && char.IsAsciiDigit(text[at]):
                    text[at] = (char)('0' + random.Next(10));
                    break;
            }
        }
        return text.ToString();
    }
}
