using System.Buffers;
using System.Text.Json;

namespace NetAgent.Cluster.Api.Streams;

/// <summary>Kinds of watch event.</summary>
internal enum WatchEventType
{
    Added,
    Modified,
    Deleted,
    Bookmark,
    Error,
}

/// <summary>Cuts a watch into events: one JSON value per line, each read where it lies in the receive buffer.</summary>
internal sealed class WatchStream(IdleReader reader)
{
    private const int LongestEvent = 64 * 1024 * 1024;

    private ReadOnlySequence<byte> _buffer;
    private long _scanned;
    private bool _hasRead;
    private bool _isOver;

    /// <summary>The object of the last event; valid until the next call.</summary>
    public ReadOnlySequence<byte> Object { get; private set; }

    /// <summary>The next event, or null when the server ended the watch. Half an event at the end is dropped: it comes again.</summary>
    /// <exception cref="JsonException">The line is no watch event.</exception>
    /// <exception cref="TimeoutException">Nothing came within the limit.</exception>
    public async ValueTask<WatchEventType?> NextAsync(TimeSpan idleLimit, CancellationToken cancellationToken)
    {
        while (true)
        {
            while (_buffer.Slice(_scanned).PositionOf((byte)'\n') is { } end)
            {
                var line = _buffer.Slice(0, end);
                _buffer = _buffer.Slice(_buffer.GetPosition(1, end));
                _scanned = 0;
                if (!IsBlank(line))
                {
                    return Cut(line);
                }
            }
            if (_isOver)
            {
                return null;
            }
            _scanned = _buffer.Length;
            if (_scanned > LongestEvent)
            {
                throw new JsonException($"a watch event is longer than {LongestEvent} bytes");
            }
            await FillAsync(idleLimit, cancellationToken);
        }
    }

    private async ValueTask FillAsync(TimeSpan idleLimit, CancellationToken cancellationToken)
    {
        if (_hasRead)
        {
            reader.AdvanceTo(_buffer.Start, _buffer.End);
        }
        _hasRead = true;
        var result = await reader.ReadAsync(0, idleLimit, cancellationToken);
        _buffer = result.Buffer;
        _isOver = result.IsCompleted;
    }

    private static bool IsBlank(ReadOnlySequence<byte> line) => line.Length < 2;

    private WatchEventType Cut(ReadOnlySequence<byte> line)
    {
        WatchEventType? type = null;
        ReadOnlySequence<byte>? found = null;
        var json = new Utf8JsonReader(line);
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("a watch event must be an object");
        }
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var isType = json.ValueTextEquals("type"u8);
            var isObject = json.ValueTextEquals("object"u8);
            json.Read();
            if (isType)
            {
                type = TypeOf(ref json);
            }
            else if (isObject)
            {
                var start = json.TokenStartIndex;
                if (type is not null)
                {
                    found = line.Slice(start);
                    break; // Servers put it last; whoever reads the object finds its end, and need not read it twice.
                }
                json.Skip();
                found = line.Slice(start, json.BytesConsumed - start);
            }
            else
            {
                json.Skip();
            }
        }
        Object = found ?? throw new JsonException("a watch event without an object");
        return type ?? throw new JsonException("a watch event without a type");
    }

    private static WatchEventType TypeOf(ref Utf8JsonReader json) =>
        json.TokenType != JsonTokenType.String ? throw new JsonException("a watch event's type must be text")
        : json.ValueTextEquals("MODIFIED"u8) ? WatchEventType.Modified
        : json.ValueTextEquals("ADDED"u8) ? WatchEventType.Added
        : json.ValueTextEquals("DELETED"u8) ? WatchEventType.Deleted
        : json.ValueTextEquals("BOOKMARK"u8) ? WatchEventType.Bookmark
        : json.ValueTextEquals("ERROR"u8) ? WatchEventType.Error
        : throw new JsonException($"a watch event of type {json.GetString()}");
}
