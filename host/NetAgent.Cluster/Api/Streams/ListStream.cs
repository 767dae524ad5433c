using System.Buffers;
using System.Text.Json;
using NetAgent.Cluster.Objects;

namespace NetAgent.Cluster.Api.Streams;

/// <summary>Cuts a list into its items as they arrive: what is held is one item, never the list.</summary>
internal sealed class ListStream(IdleReader reader, TimeSpan idleLimit)
{
    private enum Place
    {
        Start,
        Keys,
        Items,
        End,
    }

    private ReadOnlySequence<byte> _buffer;
    private JsonReaderState _state = new(new JsonReaderOptions { MaxDepth = 128 });
    private Place _place = Place.Start;
    private bool _hasRead;
    private bool _isOver;
    private bool _hasItems;
    private bool _hasItem;

    /// <summary>The last item; valid until the next call.</summary>
    public ReadOnlySequence<byte> Item { get; private set; }

    /// <summary>metadata.resourceVersion, complete once the list has ended.</summary>
    public string? ResourceVersion { get; private set; }

    /// <summary>metadata.continue, complete once the list has ended; null on the last page.</summary>
    public string? Continue { get; private set; }

    /// <summary>Moves to the next item; false when the list has ended as it should.</summary>
    /// <exception cref="JsonException">It is no list, or it ended too early.</exception>
    /// <exception cref="TimeoutException">Nothing came within the limit.</exception>
    public async ValueTask<bool> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (Step())
            {
                return _hasItem;
            }
            if (_isOver)
            {
                throw new JsonException(_place == Place.Start ? "the answer is empty" : "the list broke off before its end");
            }
            var have = _buffer.Length;
            if (_hasRead)
            {
                reader.AdvanceTo(_buffer.Start, _buffer.End);
            }
            _hasRead = true;
            var result = await reader.ReadAsync(have > 0 ? have * 2 : 0, idleLimit, cancellationToken);
            _buffer = result.Buffer;
            _isOver = result.IsCompleted;
        }
    }

    // True when there is an item or the end; false when more bytes are needed. Only whole values are consumed.
    private bool Step()
    {
        _hasItem = false;
        while (_place != Place.End)
        {
            // Never as the last of it: that the text ends too early is said in plain words by whoever asks for more.
            var json = new Utf8JsonReader(_buffer, isFinalBlock: false, _state);
            if (!json.Read())
            {
                return false;
            }
            switch (_place)
            {
                case Place.Start:
                    _place = json.TokenType == JsonTokenType.StartObject ? Place.Keys : throw new JsonException("a list must be an object");
                    break;
                case Place.Keys when json.TokenType == JsonTokenType.EndObject:
                    // The API server always gives them, if as null: without them it is no empty list but none.
                    _place = _hasItems ? Place.End : throw new JsonException("a list must have items, and this answer has none; is it the API server's?");
                    break;
                case Place.Keys:
                    if (!ReadKey(ref json))
                    {
                        return false;
                    }
                    break;
                case Place.Items when json.TokenType == JsonTokenType.EndArray:
                    _place = Place.Keys;
                    break;
                default:
                    var start = json.TokenStartIndex;
                    if (!json.TrySkip())
                    {
                        return false;
                    }
                    Item = _buffer.Slice(start, json.BytesConsumed - start);
                    _hasItem = true;
                    break;
            }
            _state = json.CurrentState;
            _buffer = _buffer.Slice(json.Position);
            if (_hasItem)
            {
                return true;
            }
        }
        return true;
    }

    private bool ReadKey(ref Utf8JsonReader json)
    {
        var isItems = json.ValueTextEquals("items"u8);
        var isMetadata = json.ValueTextEquals("metadata"u8);
        if (!json.Read())
        {
            return false;
        }
        if (isItems && json.TokenType == JsonTokenType.StartArray)
        {
            (_place, _hasItems) = (Place.Items, true);
            return true;
        }
        _hasItems |= isItems && json.TokenType == JsonTokenType.Null;
        var start = json.TokenStartIndex;
        if (!json.TrySkip())
        {
            return false;
        }
        if (isMetadata)
        {
            ReadMetadata(_buffer.Slice(start, json.BytesConsumed - start));
        }
        return true;
    }

    private void ReadMetadata(ReadOnlySequence<byte> metadata)
    {
        var json = new Utf8JsonReader(metadata);
        for (var inside = Json.Object(ref json); inside && Json.Property(ref json);)
        {
            if (json.ValueTextEquals("resourceVersion"u8))
            {
                ResourceVersion = Json.Text(ref json);
            }
            else if (json.ValueTextEquals("continue"u8))
            {
                Continue = Json.Text(ref json) is { Length: > 0 } token ? token : null;
            }
            else
            {
                Json.Skip(ref json);
            }
        }
    }
}
