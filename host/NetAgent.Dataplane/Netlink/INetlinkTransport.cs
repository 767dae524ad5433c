namespace NetAgent.Dataplane.Netlink;

/// <summary>Datagrams to and from one netlink family: the seam at which tests stand in for the kernel.</summary>
internal interface INetlinkTransport : IDisposable
{
    /// <summary>Sends one datagram of one or more messages. Gives 0 or errno.</summary>
    int Send(ReadOnlySpan<byte> datagram);

    /// <summary>
    /// Takes the next datagram. Gives its full length, which is more than the buffer's when it did not fit, or minus errno: EAGAIN when
    /// none came in time (or, without <paramref name="wait"/>, none is there), ENOBUFS when the kernel dropped some.
    /// </summary>
    int Receive(Span<byte> buffer, bool wait);
}
