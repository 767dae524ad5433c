using NetAgent.Dataplane.Netlink;

namespace NetAgent.Dataplane.Routes;

/// <summary>Questions about links.</summary>
internal static class LinkReader
{
    private const string Operation = "RTM_GETLINK";

    /// <exception cref="KernelException">The dump failed.</exception>
    public static List<Link> ReadLinks(this NetlinkConnection connection) => connection.Ask(
        Operation, 0, static (ref writer, _) => LinkCodec.WriteDump(ref writer), static () => new List<Link>(), Gather);

    /// <summary>The link of a name, or null.</summary>
    /// <exception cref="KernelException">The kernel did not answer.</exception>
    public static Link? FindLink(this NetlinkConnection connection, string name)
    {
        try
        {
            var found = connection.Ask(Operation, name, LinkCodec.WriteQuestion, static () => new List<Link>(1), Gather);
            return found.Count > 0 ? found[0] : null;
        }
        catch (KernelException e) when (e.Errno == Errno.NoDevice)
        {
            return null;
        }
    }

    private static void Gather(NetlinkMessage message, List<Link> links)
    {
        if (message.Type == RtnetlinkFormat.NewLink)
        {
            links.Add(LinkCodec.Read(message));
        }
    }
}
