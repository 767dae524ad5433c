using System.Runtime.InteropServices;
using NetAgent.Dataplane.Netlink;

namespace NetAgent.Dataplane.Tests.Netlink;

/// <summary>Stands in for the kernel: a function from each datagram sent to the datagrams (or minus errno) that come back.</summary>
internal sealed class ScriptedTransport(Func<byte[], IEnumerable<ScriptedTransport.Answer>> kernel) : INetlinkTransport
{
    private readonly Queue<Answer> _answers = [];

    internal readonly record struct Answer(byte[]? Datagram, int Errno)
    {
        public static implicit operator Answer(byte[] datagram) => new(datagram, 0);

        public static Answer Fails(int errno) => new(null, errno);
    }

    public List<byte[]> Sent { get; } = [];

    public int Send(ReadOnlySpan<byte> datagram)
    {
        Sent.Add(datagram.ToArray());
        foreach (var answer in kernel(Sent[^1]))
        {
            _answers.Enqueue(answer);
        }
        return 0;
    }

    public int Receive(Span<byte> buffer, bool wait)
    {
        if (!_answers.TryDequeue(out var answer))
        {
            return -Errno.Again;
        }
        if (answer.Datagram is null)
        {
            return -answer.Errno;
        }
        answer.Datagram.AsSpan(0, Math.Min(buffer.Length, answer.Datagram.Length)).CopyTo(buffer);
        return answer.Datagram.Length;
    }

    public void Dispose()
    {
    }

    /// <summary>A connection to such a kernel that does not pause between attempts.</summary>
    public NetlinkConnection Connect() => new(this, TimeSpan.Zero);

    public static List<(ushort Type, NetlinkFlags Flags, uint Sequence)> Split(byte[] datagram)
    {
        var headers = new List<(ushort, NetlinkFlags, uint)>();
        foreach (var message in new NetlinkMessages(datagram))
        {
            headers.Add((message.Type, message.Flags, message.Sequence));
        }
        return headers;
    }

    /// <summary>NLMSG_ERROR for a request of this number; errno 0 acknowledges.</summary>
    public static byte[] Error(uint sequence, int errno) => Message(NetlinkFormat.Error, 0, sequence, [.. BitConverter.GetBytes(-errno), .. new byte[16]]);

    public static byte[] Done(uint sequence, NetlinkFlags flags = NetlinkFlags.Multi) => Message(NetlinkFormat.Done, flags, sequence, new byte[4]);

    public static byte[] Message(ushort type, NetlinkFlags flags, uint sequence, byte[] payload)
    {
        var message = new byte[NetlinkFormat.HeaderLength + payload.Length];
        MemoryMarshal.Write(message, message.Length);
        MemoryMarshal.Write(message.AsSpan(4), type);
        MemoryMarshal.Write(message.AsSpan(6), (ushort)flags);
        MemoryMarshal.Write(message.AsSpan(8), sequence);
        payload.CopyTo(message.AsSpan(NetlinkFormat.HeaderLength));
        return message;
    }
}
