using System.Buffers.Binary;

namespace NetAgent.Host.Isolation.Wire;

/// <summary>What a frame holds.</summary>
internal enum FrameKind : byte
{
    /// <summary>Child: loaded; the topic that the plugin explains, or none.</summary>
    Hello = 1,

    /// <summary>Child: the plugin cannot be loaded.</summary>
    Refused,

    /// <summary>Host: a configuration. Child: what became of it.</summary>
    Configure,

    /// <summary>Host: what changed. Child: scopes replaced and removed.</summary>
    Reconcile,

    /// <summary>Host: a packet, and what changed. Child: the explanation.</summary>
    Explain,

    /// <summary>Child: the call threw.</summary>
    Threw,
}

/// <summary>Frames over a pipe: length, kind, content.</summary>
internal sealed class FrameStream(Stream input, Stream output)
{
    /// <summary>A slice of 10,000 Services with 100 endpoints each takes about 60 MB.</summary>
    public const int MaxLength = 256 << 20;

    private const int HeaderLength = 5;
    private byte[] _content = [];

    public void Write(FrameKind kind, WireWriter content)
    {
        Span<byte> header = stackalloc byte[HeaderLength];
        BinaryPrimitives.WriteInt32LittleEndian(header, content.Written.Length);
        header[4] = (byte)kind;
        output.Write(header);
        output.Write(content.Written.Span);
        output.Flush();
    }

    /// <summary>The next frame, whose content is valid until the next read; null at the end of the stream.</summary>
    /// <exception cref="WireException">What comes is no frame.</exception>
    public (FrameKind Kind, ReadOnlyMemory<byte> Content)? Read()
    {
        var header = new byte[HeaderLength];
        var got = input.ReadAtLeast(header, HeaderLength, throwOnEndOfStream: false);
        if (got < HeaderLength)
        {
            return null;
        }
        var length = BinaryPrimitives.ReadInt32LittleEndian(header);
        if (length is < 0 or > MaxLength)
        {
            throw new WireException($"a frame of {(uint)length} bytes; the limit is {MaxLength}");
        }
        return Fill(length) ? ((FrameKind)header[4], _content.AsMemory(0, length)) : null;
    }

    // Memory follows the bytes that came, not the length that was promised.
    private bool Fill(int length)
    {
        var got = 0;
        while (got < length)
        {
            if (got == _content.Length)
            {
                Array.Resize(ref _content, Math.Min(length, Math.Max(64 << 10, got * 2)));
            }
            var count = input.Read(_content, got, Math.Min(_content.Length, length) - got);
            if (count == 0)
            {
                return false;
            }
            got += count;
        }
        return true;
    }
}
