namespace NetAgent.Dataplane.Routes;

/// <summary>Messages and attributes of rtnetlink (linux/rtnetlink.h, if_link.h, if_addr.h).</summary>
internal static class RtnetlinkFormat
{
    public const ushort NewLink = 16;      // RTM_NEWLINK
    public const ushort DeleteLink = 17;   // RTM_DELLINK
    public const ushort GetLink = 18;      // RTM_GETLINK
    public const ushort SetLink = 19;      // RTM_SETLINK
    public const ushort NewAddress = 20;   // RTM_NEWADDR
    public const ushort DeleteAddress = 21; // RTM_DELADDR
    public const ushort GetAddress = 22;   // RTM_GETADDR
    public const ushort NewRoute = 24;     // RTM_NEWROUTE
    public const ushort DeleteRoute = 25;  // RTM_DELROUTE
    public const ushort GetRoute = 26;     // RTM_GETROUTE

    public const int LinkHeaderLength = 16;   // struct ifinfomsg
    public const int AddressHeaderLength = 8; // struct ifaddrmsg
    public const int RouteHeaderLength = 12;  // struct rtmsg

    public const int LinkName = 3;         // IFLA_IFNAME
    public const int LinkMaster = 10;      // IFLA_MASTER
    public const int LinkInfo = 18;        // IFLA_LINKINFO
    public const int LinkInfoKind = 1;     // IFLA_INFO_KIND
    public const int LinkFamilySpecific = 26; // IFLA_AF_SPEC
    public const int InterfaceSettings6 = 2; // IFLA_INET6_CONF
    public const int DisableIPv6 = 26;     // DEVCONF_DISABLE_IPV6 (linux/ipv6.h), a place in IFLA_INET6_CONF
    public const int LinkExtendedMask = 29; // IFLA_EXT_MASK
    public const uint SkipStatistics = 8;  // RTEXT_FILTER_SKIP_STATS
    public const int AddressGeneration = 8; // IFLA_INET6_ADDR_GEN_MODE
    public const byte GenerateNone = 1;    // IN6_ADDR_GEN_MODE_NONE

    public const uint IsUp = 0x1;          // IFF_UP
    public const uint IsLoopback = 0x8;    // IFF_LOOPBACK
    public const uint IsNoArp = 0x80;      // IFF_NOARP

    public const int Address = 1;          // IFA_ADDRESS
    public const int LocalAddress = 2;     // IFA_LOCAL
    public const byte IsSecondary = 1;     // IFA_F_SECONDARY
    public const byte ScopeUniverse = 0;   // RT_SCOPE_UNIVERSE

    public const int RouteDestination = 1; // RTA_DST
    public const int RouteSource = 2;      // RTA_SRC
    public const int RouteInput = 3;       // RTA_IIF
    public const int RouteOutput = 4;      // RTA_OIF
    public const int RouteGateway = 5;     // RTA_GATEWAY
    public const int RoutePreferredSource = 7; // RTA_PREFSRC
    public const int RouteMultipath = 9;   // RTA_MULTIPATH, an array of struct rtnexthop
    public const int RouteTable = 15;      // RTA_TABLE
    public const byte TableLocal = 255;    // RT_TABLE_LOCAL
    public const byte ByKernel = 2;        // RTPROT_KERNEL
    public const byte ByAdministrator = 4; // RTPROT_STATIC
    public const byte ScopeHost = 254;     // RT_SCOPE_HOST
    public const byte TypeUnicast = 1;     // RTN_UNICAST
    public const byte TypeLocal = 2;       // RTN_LOCAL

    public const int GroupLink = 1;        // RTNLGRP_LINK
    public const int GroupAddress4 = 5;    // RTNLGRP_IPV4_IFADDR
    public const int GroupRoute4 = 7;      // RTNLGRP_IPV4_ROUTE
    public const int GroupAddress6 = 9;    // RTNLGRP_IPV6_IFADDR
    public const int GroupRoute6 = 11;     // RTNLGRP_IPV6_ROUTE
}
