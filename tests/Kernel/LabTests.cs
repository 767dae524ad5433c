using NetAgent.TestKit;

namespace NetAgent.Kernel.Tests;

public sealed class LabTests
{
    [KernelFact]
    public void Each_test_owns_a_network_namespace() => NetworkNamespace.Run(() =>
    {
        Assert.Equal("", Shell.Run("ipvsadm", "-Sn"));
        Shell.Run("ipvsadm", "-A", "-t", "192.0.2.1:80");
        NetworkNamespace.Run(() => Assert.Equal("", Shell.Run("ipvsadm", "-Sn")));
        Assert.NotEqual("", Shell.Run("ipvsadm", "-Sn"));
    });
}
