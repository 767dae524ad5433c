using FsCheck;
using FsCheck.Fluent;
using NetAgent.Contracts;
using NetAgent.Dataplane.Iptables;

namespace NetAgent.Dataplane.Tests.Iptables;

public sealed class RuleTextTests
{
    // Left: what agents write. Right: what iptables-save 1.8.9 printed for it, legacy and nft alike.
    [Theory]
    [InlineData("-s 10.0.0.1 -j RETURN", "-s 10.0.0.1/32 -j RETURN")]
    [InlineData("-m mark --mark 0x00004000/0x00004000 -j RETURN", "-m mark --mark 0x4000/0x4000 -j RETURN")]
    [InlineData("-j MARK --or-mark 0x00004000", "-j MARK --set-xmark 0x4000/0x4000")]
    [InlineData("-j MARK --xor-mark 0x4000", "-j MARK --set-xmark 0x4000/0x0")]
    [InlineData("-j MARK --and-mark 0xffffbfff", "-j MARK --set-xmark 0x0/0x4000")]
    [InlineData("-j MARK --set-mark 0x4000", "-j MARK --set-xmark 0x4000/0xffffffff")]
    [InlineData("-m comment --comment \"hello\" -d 10.0.0.0/8 -j RETURN", "-d 10.0.0.0/8 -m comment --comment hello -j RETURN")]
    [InlineData("-m comment --comment \"two words\" -j MASQUERADE --random-fully -p tcp -m statistic --mode random --probability 0.4692925629218164 --to-ports 1024-29999",
        "-p tcp -m comment --comment \"two words\" -m statistic --mode random --probability 0.46929256292 -j MASQUERADE --to-ports 1024-29999 --random-fully")]
    [InlineData("-m comment --comment c1 ! -i br0 -p udp --dport 53 -j RETURN", "! -i br0 -p udp -m comment --comment c1 -m udp --dport 53 -j RETURN")]
    [InlineData("-m conntrack --ctstate ESTABLISHED,RELATED -m tcp -p tcp --dport 53 -j DROP", "-p tcp -m conntrack --ctstate RELATED,ESTABLISHED -m tcp --dport 53 -j DROP")]
    [InlineData("-s 192.0.2.1 -m ipvs --vaddr 192.0.2.1 --vproto tcp --vport 80 -j DROP", "-s 192.0.2.1/32 -m ipvs --vproto 6 --vaddr 192.0.2.1 --vport 80 -j DROP")]
    [InlineData("-s 0.0.0.0/0 -j DROP", "-j DROP")]
    [InlineData("! -s 0.0.0.0/0 -j DROP", "! -s 0.0.0.0/0 -j DROP")]
    [InlineData("-m comment --comment \"type 'hash ip:port'\" -j RETURN", "-m comment --comment \"type \\'hash ip:port\\'\" -j RETURN")]
    [InlineData("-j REJECT", "-j REJECT --reject-with icmp-port-unreachable")]
    public void Agents_texts_become_what_iptables_save_prints(string written, string printed)
    {
        Assert.Equal(printed, RuleText.Normalise(IpFamily.IPv4, written));
        Assert.Equal(printed, RuleText.Normalise(IpFamily.IPv4, printed));
        Assert.True(RuleText.Same(IpFamily.IPv4, written, printed));
    }

    [Fact]
    public void A_reject_answers_with_its_familys_message() =>
        Assert.Equal("-j REJECT --reject-with icmp6-port-unreachable", RuleText.Normalise(IpFamily.IPv6, "-j REJECT"));

    [Theory]
    [InlineData("-m comment --comment one -j A", "-m comment --comment two -j A")]
    [InlineData("-s 10.0.0.0/8 -j A", "! -s 10.0.0.0/8 -j A")]
    [InlineData("-j A", "-g A")]
    [InlineData("-m set --match-set A dst -m set --match-set B src -j RETURN", "-m set --match-set B src -m set --match-set A dst -j RETURN")]
    [InlineData("-m mark --mark 0x1/0x1 -j A", "-m mark --mark 0x1 -j A")]
    [InlineData("-m unknown --b 1 --a 2 -j A", "-m unknown --a 2 --b 1 -j A")]
    [InlineData("-m comment --comment \"\\\"quoted\\\"\" -j A", "-m comment --comment quoted -j A")]
    public void Rules_that_differ_stay_different(string left, string right) => Assert.False(RuleText.Same(IpFamily.IPv4, left, right));

    [Theory]
    [InlineData("-m comment --comment \"x -j NOT-ME\" -j ME", "ME")]
    [InlineData("-g ME", "ME")]
    [InlineData("--jump ME", "ME")]
    [InlineData("-m comment --comment \"-j NOT-ME\"", null)]
    public void The_target_is_found_outside_quotes(string rule, string? target) => Assert.Equal(target, RuleText.TargetOf(rule));

    [Fact]
    public void Quoting_any_text_and_splitting_it_gives_the_text() => Check.QuickThrowOnFailure(Prop.ForAll(
        ArbMap.Default.ArbFor<NonNull<string>>(), text => RuleToken.Split("--comment " + RuleToken.Quote(text.Get)) is [_, { } token] && token.Text == text.Get));

    // Samples that a random run has found.
    [Theory]
    [InlineData("-m 132 ! --dport \" NEW,ESTABLISHED 80:80 -d")]
    [InlineData("-j MARK --random-fully --dport \"")]
    [InlineData("-p \"TCP\" --dport \"80:80\" -j ACCEPT")]
    [InlineData("-p udp --dport \"-j DROP:-j DROP\" -j ACCEPT")]
    [InlineData("-m conntrack --ctstate \"\" -j ACCEPT")]
    [InlineData("-i \"-j\" REJECT")]
    [InlineData("-m comment --comment \"-i\" -j ACCEPT")]
    [InlineData("-j tcp --or-mark statistic --ctstate NEW --mark eth0 -p conntrack")]
    [InlineData("-j ACCEPT --dport 80 -p tcp")]
    [InlineData("-j REJECT --mark 1 -m mark")]
    [InlineData("-g conntrack --set-mark 1 -m MARK")]
    public void A_value_in_quotes_keeps_those_it_needs(string rule)
    {
        var once = RuleText.Normalise(IpFamily.IPv4, rule);
        Assert.Equal(once, RuleText.Normalise(IpFamily.IPv4, once));
        Assert.Equal(RuleToken.Split(rule).Count(t => t.Text.Contains(' ') || t.Text.Length == 0), RuleToken.Split(once).Count(t => t.Text.Contains(' ') || t.Text.Length == 0));
    }

    [Fact]
    public void Quotes_that_a_value_does_not_need_make_no_difference() =>
        Assert.True(RuleText.Same(IpFamily.IPv4, "-s \"10.0.0.1\" -p \"TCP\" --dport \"80:80\" -j ACCEPT", "-s 10.0.0.1/32 -p tcp -m tcp --dport 80 -j ACCEPT"));

    [Fact]
    public void Normalising_is_idempotent_and_never_throws() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(20_000), Prop.ForAll(Rules().ToArbitrary(), rule =>
    {
        var once = RuleText.Normalise(IpFamily.IPv4, rule);
        return RuleText.Normalise(IpFamily.IPv4, once) == once;
    }));

    private static Gen<string> Rules()
    {
        var words = Gen.Elements(
            "-s", "-d", "-p", "-m", "-j", "-g", "!", "tcp", "udp", "132", "10.0.0.1", "10.0.0.7/8", "0.0.0.0/0", "fd00::1", "mark", "--mark", "0x4000/0x4000",
            "MARK", "--or-mark", "--set-mark", "1", "comment", "--comment", "\"a b\"", "\"", "\"-j\"", "REJECT", "MASQUERADE", "--to-ports", "--random-fully",
            "--dport", "80:80", "--syn", "statistic", "--probability", "0.1", "conntrack", "--ctstate", "NEW,ESTABLISHED", "\"80:80\"", "\"TCP\"", "\"10.0.0.1\"", "\"!\"", "\"\"", "'", "\\", "-", "--", "ACCEPT", "-i", "eth0");
        return Gen.Select(Gen.ListOf(words), list => string.Join(' ', list));
    }
}
