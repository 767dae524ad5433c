using NetAgent.Contracts;

namespace NetAgent.Host.Status;

/// <summary>
/// One of something for each IP family. kube-proxy has a proxier per family and labels what each does; one sync of this agent covers both,
/// so that what belongs to the sync as a whole is said for each family that the node has.
/// </summary>
internal sealed class ByFamily<T>(Func<T> create)
{
    private readonly T _ipv4 = create();
    private readonly T _ipv6 = create();

    public T this[IpFamily family] => family == IpFamily.IPv6 ? _ipv6 : _ipv4;
}
