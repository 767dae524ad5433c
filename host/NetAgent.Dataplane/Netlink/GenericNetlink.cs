namespace NetAgent.Dataplane.Netlink;

/// <summary>The controller of generic netlink, which gives families their numbers (linux/genetlink.h).</summary>
internal static class GenericNetlink
{
    /// <summary>struct genlmsghdr.</summary>
    public const int HeaderLength = 4;

    private const ushort Controller = 0x10; // GENL_ID_CTRL
    private const byte GetFamily = 3;       // CTRL_CMD_GETFAMILY
    private const int FamilyId = 1;         // CTRL_ATTR_FAMILY_ID
    private const int FamilyName = 2;       // CTRL_ATTR_FAMILY_NAME

    /// <summary>The number of a family, or null when this kernel has none of that name. Asking may load its module.</summary>
    /// <exception cref="KernelException">The kernel did not answer.</exception>
    public static ushort? FindFamily(NetlinkConnection connection, string name)
    {
        try
        {
            var found = connection.Ask("CTRL_CMD_GETFAMILY", name, WriteQuestion, () => new List<ushort>(1), static (message, ids) =>
            {
                foreach (var attribute in message.Attributes(HeaderLength))
                {
                    if (attribute.Type == FamilyId)
                    {
                        ids.Add(attribute.ReadUInt16());
                    }
                }
            });
            return found.Count > 0 ? found[0] : null;
        }
        catch (KernelException e) when (e.Errno == Errno.NoEntry)
        {
            return null;
        }
    }

    /// <summary>Opens a message with its genlmsghdr.</summary>
    public static MessageToken Begin(ref NetlinkWriter writer, ushort family, byte command, NetlinkFlags flags)
    {
        var token = writer.BeginMessage(family, flags);
        var header = writer.TakeHeader(HeaderLength);
        header[0] = command;
        header[1] = 1;
        return token;
    }

    private static void WriteQuestion(ref NetlinkWriter writer, string name)
    {
        var message = Begin(ref writer, Controller, GetFamily, NetlinkFlags.None);
        writer.WriteText(FamilyName, name);
        writer.EndMessage(message);
    }
}
