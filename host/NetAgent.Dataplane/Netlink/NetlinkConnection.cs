using System.Runtime.InteropServices;

namespace NetAgent.Dataplane.Netlink;

/// <summary>
/// Requests and their answers, one thread and one request at a time. Requests must be idempotent or tell by errno that they were done
/// before: where the kernel drops its answer (ENOBUFS) they are sent again.
/// </summary>
/// <param name="transport">Where to.</param>
/// <param name="firstPause">How long to wait before an interrupted dump is asked for again; twice as long each time.</param>
internal sealed class NetlinkConnection(INetlinkTransport transport, TimeSpan firstPause) : IDisposable
{
    // 64 messages a send gain all there is to gain; 96 KiB fit the default SO_SNDBUF where it may not be raised.
    private const int BatchMessages = 64;
    private const int BatchBytes = 96 << 10;
    private const int Attempts = 4;
    // A kernel that is still at work on 10,000 new IPv6 addresses (each is a work item of its own) interrupts dumps for half a second.
    private const int DumpAttempts = 8;
    private static readonly TimeSpan DefaultPause = TimeSpan.FromMilliseconds(5);

    private byte[] _buffer = new byte[64 << 10];
    private uint _sequence;

    public static NetlinkConnection Open(NetlinkProtocol protocol) => new(new NetlinkSocket(protocol), DefaultPause);

    public void Dispose() => transport.Dispose();

    /// <summary>
    /// Sends one request for each item, in order, many in one send. What the kernel refuses does not stop the others. Never throws for an
    /// answer: a lost one is a failure of the items it concerns.
    /// </summary>
    public List<RequestFailure> Send<T>(IReadOnlyList<T> items, RequestWriter<T> write)
    {
        var failures = new List<RequestFailure>();
        var next = 0;
        while (next < items.Count)
        {
            var first = next;
            var writer = new NetlinkWriter(BatchBytes / 4);
            try
            {
                var last = 0;
                while (next < items.Count && next - first < BatchMessages && writer.Length < BatchBytes)
                {
                    last = writer.Length;
                    write(ref writer, items[next]);
                    next++;
                }
                if (!TrySend(writer.Written, last, first, next - first, failures))
                {
                    // The socket itself fails: every other chunk would only wait for its time-out too.
                    var errno = failures[^1].Errno;
                    for (; next < items.Count; next++)
                    {
                        failures.Add(new(next, errno, null, []));
                    }
                }
            }
            finally
            {
                writer.Dispose();
            }
        }
        return failures;
    }

    /// <summary>Sends one request. Null when it was done.</summary>
    public RequestFailure? Send<T>(T item, RequestWriter<T> write) => Send([item], write) is [var failure, ..] ? failure : null;

    /// <summary>
    /// Asks and gathers every message of the answer: a dump, or one object and its acknowledgement. A dump that the kernel says was
    /// interrupted, or lost some of, is asked for again from the start.
    /// </summary>
    /// <exception cref="KernelException">The kernel refused, or the answer stayed incomplete.</exception>
    public TResult Ask<TItem, TResult>(string operation, TItem item, RequestWriter<TItem> write, Func<TResult> empty,
        MessageReader<TResult> read)
    {
        var errno = 0;
        string? text = null;
        for (var attempt = 0; attempt < DumpAttempts; attempt++)
        {
            if (attempt > 0)
            {
                Thread.Sleep(firstPause * (1 << (attempt - 1)));
            }
            var gathered = empty();
            errno = AskOnce(item, write, gathered, read, out text);
            switch (errno)
            {
                case 0:
                    return gathered;
                case Errno.NoBuffers or Errno.Interrupted or Errno.Busy:
                    Drain();
                    break;
                case Errno.MessageTooLong:
                    // The rest of the dump is still to come on this socket and would be taken for nothing: it carries an old number.
                    _buffer = new byte[_buffer.Length * 4];
                    Drain();
                    break;
                default:
                    throw Failure(operation, errno, text);
            }
        }
        throw Failure(operation, errno, text is null ? $"incomplete after {DumpAttempts} attempts" : text);
    }

    private static KernelException Failure(string operation, int errno, string? text) =>
        new(operation, errno, text is null ? Errno.Describe(errno) : $"{Errno.Describe(errno)}: {text}");

    private int AskOnce<TItem, TResult>(TItem item, RequestWriter<TItem> write, TResult gathered, MessageReader<TResult> read,
        out string? text)
    {
        text = null;
        var number = ++_sequence;
        var writer = new NetlinkWriter(512);
        try
        {
            write(ref writer, item);
            Number(writer.Written, number);
            var isDump = ((NetlinkFlags)MemoryMarshal.Read<ushort>(writer.Written[6..]) & NetlinkFlags.Dump) == NetlinkFlags.Dump;
            if (!isDump)
            {
                Acknowledge(writer.Written, 0);
            }
            var errno = transport.Send(writer.Written);
            if (errno != 0)
            {
                return errno;
            }
        }
        finally
        {
            writer.Dispose();
        }
        var interrupted = false;
        while (true)
        {
            var length = transport.Receive(_buffer, wait: true);
            if (length < 0)
            {
                return length == -Errno.Again ? Errno.TimedOut : -length;
            }
            if (length > _buffer.Length)
            {
                return Errno.MessageTooLong;
            }
            foreach (var message in new NetlinkMessages(_buffer.AsSpan(0, length)))
            {
                if (message.Sequence != number)
                {
                    continue;
                }
                interrupted |= (message.Flags & NetlinkFlags.DumpInterrupted) != 0;
                if (message.Type is NetlinkFormat.Error or NetlinkFormat.Done)
                {
                    text = message.ReadErrorText();
                    var errno = message.ReadErrno();
                    return errno == 0 && interrupted ? Errno.Interrupted : errno;
                }
                if (message.Type != NetlinkFormat.Noop)
                {
                    read(message, gathered);
                }
            }
        }
    }

    /// <summary>False when the socket failed; then every item of the chunk has a failure.</summary>
    private bool TrySend(Span<byte> messages, int lastOffset, int firstIndex, int count, List<RequestFailure> failures)
    {
        var before = failures.Count;
        var errno = 0;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            failures.RemoveRange(before, failures.Count - before);
            var firstNumber = _sequence + 1;
            _sequence += (uint)count;
            Number(messages, firstNumber);
            Acknowledge(messages, lastOffset);
            errno = transport.Send(messages);
            if (errno == 0)
            {
                errno = CollectFailures(firstNumber, firstIndex, count, failures);
            }
            if (errno == 0)
            {
                return true;
            }
            if (errno is not (Errno.NoBuffers or Errno.Again))
            {
                break;
            }
            Drain();
        }
        failures.RemoveRange(before, failures.Count - before);
        for (var i = 0; i < count; i++)
        {
            failures.Add(new(firstIndex + i, errno, null, []));
        }
        return errno is Errno.NoBuffers or Errno.BadMessage or Errno.MessageTooLong;
    }

    private int CollectFailures(uint firstNumber, int firstIndex, int count, List<RequestFailure> failures)
    {
        while (true)
        {
            var length = transport.Receive(_buffer, wait: true);
            if (length < 0)
            {
                return length == -Errno.Again ? Errno.TimedOut : -length;
            }
            if (length > _buffer.Length)
            {
                return Errno.MessageTooLong;
            }
            try
            {
                foreach (var message in new NetlinkMessages(_buffer.AsSpan(0, length)))
                {
                    var place = message.Sequence - firstNumber;
                    if (message.Type != NetlinkFormat.Error || place >= (uint)count)
                    {
                        continue;
                    }
                    var errno = message.ReadErrno();
                    if (errno != 0)
                    {
                        failures.Add(new(
                            firstIndex + (int)place, errno, message.ReadErrorText(), message.ReadFailedRequest().ToArray()));
                    }
                    // The kernel answers in order, and the last asked for an acknowledgement.
                    if (place == (uint)count - 1)
                    {
                        return 0;
                    }
                }
            }
            catch (KernelException malformed)
            {
                return malformed.Errno;
            }
        }
    }

    private void Drain()
    {
        int length;
        do
        {
            length = transport.Receive(_buffer, wait: false);
        }
        while (length > 0 || length == -Errno.NoBuffers);
    }

    private static void Number(Span<byte> messages, uint number)
    {
        for (var at = 0; at < messages.Length; at += NetlinkFormat.Align((int)MemoryMarshal.Read<uint>(messages[at..])))
        {
            MemoryMarshal.Write(messages[(at + 8)..], number++);
        }
    }

    private static void Acknowledge(Span<byte> messages, int offset)
    {
        var flags = MemoryMarshal.Read<ushort>(messages[(offset + 6)..]);
        MemoryMarshal.Write(messages[(offset + 6)..], (ushort)(flags | (ushort)NetlinkFlags.Ack));
    }
}
