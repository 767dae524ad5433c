namespace NetAgent.Architecture.Tests;

/// <summary>
/// The arrows inside each project. A folder stands in its table behind those that it may know, so that a reader can read the table from top
/// to bottom and the project from bottom to top, and no circle can be written down. The contract is one namespace and has no arrows.
/// </summary>
public sealed class FolderTests
{
    public static TheoryData<FolderArrows> Projects =>
    [
        new FolderArrows("host/NetAgent.Dataplane", "NetAgent.Dataplane",
        [
            // What the host sees.
            ("", ""),
            // What the kernel speaks, and what a table of it is.
            ("Netlink", ""),
            ("Tables", "Netlink"),
            // The kernel's rooms. None decides anything.
            ("Files", "Netlink Tables"),
            ("Sysctls", "Netlink Tables Files"),
            ("Conntrack", "Netlink Tables Sysctls"),
            ("IpSets", "Netlink Tables"),
            ("Iptables", "Netlink Tables Files"),
            ("Ipvs", "Netlink Tables"),
            ("Routes", "Netlink Tables"),
            ("Arp", "Netlink Tables Files Routes"),
            // Whose is what, what is wanted, and what is done about it.
            ("Ownership", "Netlink Tables Files Sysctls IpSets"),
            ("Rows", "Ownership"),
            ("Reconcile", "Netlink Tables Ownership Rows"),
            ("Policies", "Netlink Tables Ownership Rows Reconcile"),
            ("Kinds", "Netlink Tables Sysctls IpSets Iptables Ownership Rows Reconcile Policies"),
            ("Drift", "Netlink Tables Rows Reconcile Kinds"),
            // Puts it all together.
            ("Linux", "Netlink Tables Files Sysctls Conntrack IpSets Iptables Ipvs Routes Ownership Rows Reconcile Policies Kinds Drift"),
        ]),
        new FolderArrows("host/NetAgent.Cluster", "NetAgent.Cluster",
        [
            ("Objects", ""),
            ("Yaml", ""),
            ("State", "Objects"),
            ("Manifests", "Objects Yaml"),
            ("Api/Access", "Manifests Yaml"),
            ("Api/Transport", "Api/Access"),
            ("Api/Streams", "Objects"),
            ("Api/Events", ""),
            ("Api", "Objects Api/Access Api/Transport Api/Streams Api/Events"),
            ("", "Objects Yaml Manifests Api/Access Api"),
        ]),
        // By direction of data.
        new FolderArrows("host/NetAgent.Host", "NetAgent.Host",
        [
            ("Timing", ""),
            ("Isolation/Wire", ""),
            ("Configuration", "Timing Isolation/Wire"),
            ("Gates", "Configuration"),
            ("State", "Configuration Isolation/Wire"),
            ("Cluster", "Timing"),
            ("Status", "Cluster Timing"),
            ("Logging", "Configuration Status"),
            ("Serving", "Configuration Status Timing"),
            ("Plugins/Discovery", ""),
            ("Plugins/DropIn", "Configuration Plugins/Discovery State"),
            ("Plugins/Loading", "Plugins/Discovery Status"),
            ("Plugins/Calls", "Plugins/Discovery Plugins/Loading"),
            ("Isolation", "Configuration Isolation/Wire Plugins/Calls Plugins/Discovery Plugins/Loading"),
            ("Plugins/Supervision",
                "Configuration Gates Isolation Plugins/Calls Plugins/Discovery Plugins/DropIn Plugins/Loading State Status Timing"),
            ("Loop", "Cluster Configuration Plugins/Supervision Status Timing"),
            ("Composition", "Cluster Configuration Logging Loop Plugins/DropIn Serving State Status Timing"),
            ("Commands",
                "Composition Configuration Isolation Logging Loop Plugins/Discovery Plugins/DropIn Plugins/Supervision Serving State Status"),
            ("", "Composition Commands"),
        ]),
        new FolderArrows("plugins/ipvs", "NetAgent.Plugins.Ipvs",
        [
            ("Configuration", ""),
            ("Sets", ""),
            ("Nodes", "Configuration"),
            ("Endpoints", "Nodes"),
            ("Chains", "Configuration Nodes Sets"),
            ("Services", "Nodes Endpoints Chains Sets"),
            ("", "Configuration Sets Nodes Endpoints Chains Services"),
        ]),
        new FolderArrows("plugins/masq-agent", "NetAgent.Plugins.MasqAgent",
        [
            ("Owners", ""),
            ("Flags", "Owners"),
            ("Settings", "Flags"),
            ("Rules", "Flags Settings"),
            ("Nat", "Owners Rules"),
            ("Competitors", "Owners Nat Rules"),
            ("Explain", "Competitors Nat Rules Settings"),
            ("", "Flags Settings Rules Nat Competitors Explain"),
        ]),
        new FolderArrows("plugins/conntrack-tuner", "NetAgent.Plugins.ConntrackTuner",
        [
            ("Configuration", ""),
            ("Planning", "Configuration"),
            ("Pressure", "Configuration Planning"),
            ("", "Configuration Planning Pressure"),
        ]),
        new FolderArrows("plugins/metallb-arp", "NetAgent.Plugins.MetallbArp",
        [
            ("Configuration", ""),
            ("Planning", "Configuration"),
            ("", "Configuration Planning"),
        ]),
        new FolderArrows("plugins/shared", "NetAgent.Plugins.Shared",
        [
            ("Configuration", ""),
            ("Rivals", "Configuration"),
        ]),
    ];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_folder_knows_only_those_that_stand_before_it_and_its_namespace_is_its_own(FolderArrows arrows)
    {
        Assert.Empty(arrows.Missing);
        Assert.Empty(arrows.Backward);
        Assert.Empty(arrows.Astray);
        Assert.Empty(arrows.Forbidden());
    }

    [Fact]
    public void An_arrow_that_is_not_in_the_table_is_found() => Assert.NotEmpty(
        new FolderArrows("plugins/metallb-arp", "NetAgent.Plugins.MetallbArp", [("Configuration", ""), ("Planning", ""), ("", "")]).Forbidden());
}
