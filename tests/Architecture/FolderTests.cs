namespace NetAgent.Architecture.Tests;

/// <summary>
/// The arrows inside a project. A folder stands in its table behind those that it may know, so that a reader can read the table from top to
/// bottom and the project from bottom to top.
/// </summary>
public sealed class FolderTests
{
    private static readonly FolderArrows _dataplane = new("host/NetAgent.Dataplane", "NetAgent.Dataplane",
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
    ]);

    [Fact]
    public void A_folder_of_the_dataplane_knows_only_those_that_stand_before_it() => Check(_dataplane);

    private static void Check(FolderArrows arrows)
    {
        Assert.Empty(arrows.Missing);
        Assert.Empty(arrows.Backward);
        Assert.Empty(arrows.Forbidden());
    }
}
