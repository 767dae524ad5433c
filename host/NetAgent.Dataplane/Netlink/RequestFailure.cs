namespace NetAgent.Dataplane.Netlink;

/// <summary>A request of a batch that the kernel refused, or whose result is unknown.</summary>
/// <param name="Index">Its place in the list given.</param>
/// <param name="Errno">errno, positive; <see cref="Netlink.Errno.NoBuffers"/> when the answer was lost even after it was sent
/// again.</param>
/// <param name="Text">The kernel's own words (NETLINK_EXT_ACK), or null.</param>
/// <param name="Request">The request as the kernel sent it back: nlmsghdr and perhaps its payload.</param>
internal sealed record RequestFailure(int Index, int Errno, string? Text, byte[] Request)
{
    /// <summary>errno in words, followed by the kernel's own.</summary>
    public string Describe() => Text is null ? Netlink.Errno.Describe(Errno) : $"{Netlink.Errno.Describe(Errno)}: {Text}";
}

/// <summary>Writes one whole request. Flags of acknowledgement and the sequence number are the connection's.</summary>
internal delegate void RequestWriter<in T>(ref NetlinkWriter writer, T item);

/// <summary>Takes one message of a dump into what was gathered so far.</summary>
internal delegate void MessageReader<in T>(NetlinkMessage message, T gathered);
