using NetAgent.Contracts;
using NetAgent.Dataplane;
using NetAgent.Host.Loop;

namespace NetAgent.Host.Tests.Loop;

public sealed class RestoreFailureTests
{
    private readonly RestoreFailures _failures = new();

    [Fact]
    public void A_refused_chain_counts_for_its_family_once_for_each_attempt()
    {
        Assert.Equal([IpFamily.IPv4], _failures.Of([Row("chains", "IPv4 nat A", 1), Row("jumps", "IPv4 nat -A INPUT -j A", 1)]));
        Assert.Empty(_failures.Of([Row("chains", "IPv4 nat A", 1)]));
        Assert.Equal([IpFamily.IPv4], _failures.Of([Row("chains", "IPv4 nat A", 2)]));
        Assert.Equal([IpFamily.IPv6], _failures.Of([Row("chains", "IPv4 nat A", 2), Row("chains", "IPv6 nat A", 1)]));
    }

    [Fact]
    public void A_chain_that_went_in_and_is_refused_again_counts_again()
    {
        _failures.Of([Row("chains", "IPv4 nat A", 3)]);
        Assert.Empty(_failures.Of([]));
        Assert.Equal([IpFamily.IPv4], _failures.Of([Row("chains", "IPv4 nat A", 1)]));
    }

    [Fact]
    public void What_iptables_never_saw_does_not_count() =>
        Assert.Empty(_failures.Of([Row("sysctls", "net/x", 1), Row("chains", "IPv4 nat A", 1) with { Kind = FailureKind.Conflict }]));

    private static FailedRow Row(string table, string key, int attempts) => new("p", table, key, "add", 22, "Invalid argument", attempts);
}
