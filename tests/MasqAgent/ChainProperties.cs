using FsCheck;
using FsCheck.Fluent;
using NetAgent.Contracts;
using NetAgent.Plugins.MasqAgent.Competitors;
using NetAgent.Plugins.MasqAgent.Flags;
using NetAgent.Plugins.MasqAgent.Nat;
using NetAgent.Plugins.MasqAgent.Rules;
using NetAgent.Plugins.MasqAgent.Settings;
using Range = NetAgent.Plugins.MasqAgent.Settings.Range;

namespace NetAgent.MasqAgent.Tests;

/// <summary>What holds for every configuration.</summary>
public class ChainProperties
{
    private static readonly Gen<PortRange[]> PortLists =
        Gen.Choose(1, 65535).Two().Select(p => new PortRange((ushort)Math.Min(p.Item1, p.Item2), (ushort)Math.Max(p.Item1, p.Item2)))
            .ArrayOf().Where(a => a.Length is > 0 and < 12);

    private static readonly Gen<InetPrefix> Prefixes =
        Gen.Choose(0, 255).ArrayOf(4).SelectMany(bytes => Gen.Choose(0, 32).Select(length => Aligned(bytes, length)));

    private static readonly Gen<MasqSettings> Configurations =
        Prefixes.ArrayOf().SelectMany(ranges => Prefixes.ArrayOf().SelectMany(forced => Gen.Choose(0, 3).Select(bits => new MasqSettings
        {
            Flags = new MasqFlags { RandomFully = (bits & 1) == 0 },
            NonMasqueradeCidrs = [.. ranges.Select(r => new Range(r, "file", "nonMasqueradeCIDRs[0]", 1))],
            MasqueradeCidrs = [.. forced.Select(r => new Range(r, "file", "masqueradeCIDRs[0]", 1))],
            MasqLinkLocal = (bits & 2) == 0,
        })));

    [Fact]
    public void Port_lists_survive_being_printed_and_read() => Check.QuickThrowOnFailure(Prop.ForAll(PortLists.ToArbitrary(), ranges =>
        PortRange.TryParseList(string.Join(',', ranges), out var read, out _) && read.SequenceEqual(ranges)));

    [Fact]
    public void Every_port_is_as_likely_as_any_other() => Check.QuickThrowOnFailure(Prop.ForAll(PortLists.ToArbitrary(), ranges =>
    {
        var rules = Agent.With("", $"--to-ports={string.Join(',', ranges)}").Rules(IpFamily.IPv4).Where(r => r.StartsWith("-p udp")).ToArray();
        double total = ranges.Sum(r => r.Size), left = 1;
        for (var i = 0; i < ranges.Length; i++)
        {
            var words = rules[i].Split(' ');
            var at = Array.IndexOf(words, "--probability");
            var share = at < 0 ? 1 : double.Parse(words[at + 1]);
            // What reaches this rule times what it takes, against the range's part of all ports; the kernel rounds to 2^-31.
            if (Math.Abs((left * share) - (ranges[i].Size / total)) > 1e-8 || !rules[i].Contains($"--to-ports {ranges[i]} "))
            {
                return false;
            }
            left *= 1 - share;
        }
        return rules.Length == ranges.Length;
    }));

    [Fact]
    public void The_chain_decides_as_its_text_read_by_a_stranger_does() =>
        Check.QuickThrowOnFailure(Prop.ForAll(Configurations.ToArbitrary(), Prefixes.ArrayOf(20).ToArbitrary(), (settings, prefixes) =>
        {
            var chain = MasqChain.Build(settings, IpFamily.IPv4, null);
            // The same rules under POSTROUTING, read back by the parser for other people's rules.
            var table = new NatTable(chain.Rules.Select(r => $"-A POSTROUTING {r.Text}").ToEquatableArray(), "NOBODY");
            return prefixes.Select(Sample.Of).All(to =>
            {
                var walk = table.Walk(new(InetAddress.Parse("10.244.1.5"), to, false, false), false);
                return (walk.Foreign.Count == 1) == chain.Decide(new() { Source = InetAddress.Parse("10.244.1.5"), Destination = to })!.Masquerades;
            });
        }));

    [Fact]
    public void Overlaps_are_found_as_comparing_each_with_each_finds_them() => Check.QuickThrowOnFailure(Prop.ForAll(Configurations.ToArbitrary(), settings =>
    {
        var ranges = settings.NonMasqueradeCidrs.Select(r => r.Prefix).ToArray();
        var expected = ranges.Where((inner, i) => ranges.Where((outer, j) => j != i && outer.Contains(inner) && (outer != inner || j < i)).Any()).Order();
        var found = SettingsReview.Review(settings with { MasqueradeCidrs = [] })
            .Where(f => f.Reason is "DuplicateRange" or "OverlappingRange").Select(f => InetPrefix.Parse(f.Problem.Message.Split(' ')[0])).Order();
        return expected.SequenceEqual(found);
    }));

    private static InetPrefix Aligned(int[] bytes, int length) =>
        new InetPrefix(InetAddress.FromBytes([.. bytes.Select(b => (byte)b)]), (byte)length).Network;
}
