using NetAgent.Contracts;

namespace NetAgent.Dataplane.Tests.Reconcile;

/// <summary>Rows for <see cref="TableContract{TKey,TRow}"/>, the same for every table of a kind, and one of each that is refused.</summary>
internal static class TableContractRows
{
    public const string Set = "NA-CONTRACT";
    public const string Link = "na-contract";
    public static readonly string[] Sysctls = [.. new[] { "arp_ignore", "arp_announce", "rp_filter", "log_martians" }.Select(name => $"net/ipv4/conf/lo/{name}")];

    public static VirtualServerKey ServerKey { get; } = new(IpProtocol.Tcp, Ip(10, 96, 0), 80);

    public static VirtualServer NoScheduler => Server(5000) with { Scheduler = "nosuch" };

    public static RealServer NoServer => new(new(ServerKey with { Port = 81 }, Ip(10, 244, 0), 80), 1);

    public static IpSet LongSet => new(new string('x', 40), IpSetType.HashIp, IpFamily.IPv4) { MaxElements = 64 };

    public static IpSetEntry NoSet => IpSetEntry.ForIp("NA-NOWHERE", Ip(10, 0, 1));

    public static DummyLink LongLink => new("a-name-of-more-than-15");

    public static LinkAddress NoLink => new(new("na-nowhere", Ip(10, 0, 1)), AddressBinding.Address);

    public static Chain NoMatch => new(new(IpFamily.IPv4, "nat", "NA-REFUSED"), ["-m set --match-set NA-NOWHERE dst -j RETURN"]);

    public static Jump NoTarget => new(new(IpFamily.IPv4, "nat", "OUTPUT", "-j NA-NOWHERE"), JumpPosition.Last);

    public static Sysctl NoSysctl => new("net/ipv4/conf/lo/no_such_thing", "1");

    public static VirtualServer Server(int number) => new(ServerKey with { Port = (ushort)(number + 1) }, "rr");

    public static RealServer Real(int number) => new(new(ServerKey, Ip(10, 244, number), 8080), 1);

    public static IpSet SetRow(int number) => new($"NA-SET-{number}", IpSetType.HashIp, IpFamily.IPv4) { MaxElements = 64 };

    public static IpSetEntry Entry(int number) => IpSetEntry.ForIp(Set, Ip(10, 0, number));

    public static DummyLink LinkRow(int number) => new($"na{number}");

    public static LinkAddress Address(int number) => new(new(Link, Ip(10, 96, number)), AddressBinding.Address);

    public static Chain ChainRow(int number) => new(new(IpFamily.IPv4, "nat", $"NA-CHAIN-{number}"), [$"-d 10.0.0.{number % 256}/32 -j RETURN"]);

    public static Jump JumpRow(int number) =>
        new(new(IpFamily.IPv4, "nat", "OUTPUT", $"-d 10.{number / 256}.{number % 256}.1/32 -j {Set}"), JumpPosition.Last)
        {
            Order = number,
        };

    public static Sysctl SysctlRow(int number) => new(Sysctls[number], "1");

    private static InetAddress Ip(byte first, byte second, int number) =>
        InetAddress.FromBytes([first, second, (byte)(number / 250 + 1), (byte)(number % 250 + 1)]);
}
