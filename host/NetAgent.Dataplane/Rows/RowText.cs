using System.Globalization;
using NetAgent.Contracts;

namespace NetAgent.Dataplane.Rows;

/// <summary>Rows as people read them, close to what ipvsadm, ipset and sysctl print.</summary>
internal static class RowText
{
    public static string Of(VirtualServer row)
    {
        var text = row.Scheduler;
        if (row.Flags.HasFlag(VirtualServerFlags.Persistent))
        {
            text += string.Create(CultureInfo.InvariantCulture, $" persistent {row.PersistenceTimeoutSeconds} s");
        }
        // As ipvsadm writes them: sh-fallback, mh-port.
        text += row.Flags.HasFlag(VirtualServerFlags.ShFallback) ? $" {row.Scheduler}-fallback" : "";
        return row.Flags.HasFlag(VirtualServerFlags.ShPort) ? $"{text} {row.Scheduler}-port" : text;
    }

    public static string Of(RealServer row) =>
        string.Create(CultureInfo.InvariantCulture, $"weight {row.Weight}{(row.ForwardsOtherwise ? ", not masquerading" : "")}");

    public static string Of(IpvsTimeouts row) =>
        string.Create(CultureInfo.InvariantCulture, $"tcp {row.TcpSeconds} s, tcp-fin {row.TcpFinSeconds} s, udp {row.UdpSeconds} s");

    public static string Of(IpSet row) => string.Create(
        CultureInfo.InvariantCulture, $"{TypeName(row.Type)}{FamilyName(row.Family)}{(row.MaxElements > 0 ? $" maxelem {row.MaxElements}" : "")}");

    public static string Of(Chain row) => row.Rules.Count == 1 ? row.Rules[0] : string.Join('\n', row.Rules.AsSpan().ToArray());

    public static string Of(Jump row) => row.Position == JumpPosition.First ? "first" : "last";

    public static string Of(LinkAddress row) => row.Binding == AddressBinding.Route ? "local route" : "address";

    public static string Of(Sysctl row) => row.Rule == SysctlRule.AtLeast ? $"{row.Value} or more" : row.Value;

    public static string Of(ConfigFile row) => string.Create(CultureInfo.InvariantCulture, $"{row.Text.Length} characters");

    public static string Of(HealthCheckPort row) =>
        string.Create(CultureInfo.InvariantCulture, $"{row.Service}, {row.LocalEndpoints} local endpoints");

    private static string TypeName(IpSetType type) => type switch
    {
        IpSetType.HashIp => "hash:ip",
        IpSetType.HashIpPort => "hash:ip,port",
        IpSetType.HashIpPortIp => "hash:ip,port,ip",
        IpSetType.HashIpPortNet => "hash:ip,port,net",
        _ => "bitmap:port",
    };

    private static string FamilyName(IpFamily family) => family switch
    {
        IpFamily.IPv4 => " inet",
        IpFamily.IPv6 => " inet6",
        _ => "",
    };
}
