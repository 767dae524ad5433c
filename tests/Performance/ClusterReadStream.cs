using System.Globalization;
using System.Text;

namespace NetAgent.Performance;

/// <summary>
/// A response with many EndpointSlices that is made while it is read, so that the reader's memory is all there is to see. Each slice has
/// what the slice controller writes: targetRef, zone, hints, an entry of managedFields.
/// </summary>
internal sealed class ClusterReadStream : Stream
{
    private const byte High = 1;
    private const byte Low = 2;

    private readonly byte[] _item;
    private readonly int[] _high;
    private readonly int[] _low;
    private readonly byte[] _head;
    private readonly byte[] _between;
    private readonly byte[] _tail;
    private readonly int _items;
    private byte[] _part;
    private int _at;
    private int _next;
    private bool _isOver;
    private bool _separate;

    /// <param name="items">Slices, up to 10,000.</param>
    /// <param name="endpoints">Endpoints of each, up to 100.</param>
    /// <param name="asWatch">A watch's events rather than a list.</param>
    public ClusterReadStream(int items, int endpoints, bool asWatch)
    {
        var item = Item(endpoints);
        _item = Encoding.UTF8.GetBytes(asWatch ? "{\"type\":\"ADDED\",\"object\":" + item + "}\n" : item);
        _high = Offsets(High);
        _low = Offsets(Low);
        _head = asWatch ? [] : Encoding.UTF8.GetBytes("""{"kind":"EndpointSliceList","apiVersion":"discovery.k8s.io/v1","metadata":{"resourceVersion":"12345"},"items":[""");
        _between = asWatch ? [] : [(byte)','];
        _tail = asWatch ? [] : "]}"u8.ToArray();
        _items = items;
        _part = _head;
    }

    public long TotalBytes => _head.Length + ((long)_items * _item.Length) + ((long)(_items - 1) * _between.Length) + _tail.Length;

    public override int Read(Span<byte> buffer)
    {
        while (_at == _part.Length)
        {
            if (_isOver)
            {
                return 0;
            }
            Advance();
        }
        var count = Math.Min(buffer.Length, _part.Length - _at);
        _part.AsSpan(_at, count).CopyTo(buffer);
        _at += count;
        return count;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private void Advance()
    {
        _at = 0;
        if (_separate && _next < _items)
        {
            _part = _between;
            _separate = false;
            return;
        }
        if (_next == _items)
        {
            _part = _tail;
            _isOver = true;
            return;
        }
        Patch(_high, _next / 100);
        Patch(_low, _next % 100);
        _part = _item;
        _separate = true;
        _next++;
    }

    private void Patch(int[] offsets, int number)
    {
        foreach (var offset in offsets)
        {
            _item[offset] = (byte)('0' + (number / 10));
            _item[offset + 1] = (byte)('0' + (number % 10));
        }
    }

    private int[] Offsets(byte mark) => [.. Enumerable.Range(0, _item.Length - 1).Where(i => _item[i] == mark && _item[i + 1] == mark)];

    private static string Item(int endpoints)
    {
        const string Number = "1\u0001\u00011\u0002\u0002";
        var text = new StringBuilder(40_000);
        text.Append(CultureInfo.InvariantCulture, $$$$$$"""{"metadata":{"name":"service-{{{{{{Number}}}}}}-x7k2p","generateName":"service-{{{{{{Number}}}}}}-","namespace":"default","uid":"5b8cf6a6-5d0f-4a0e-9d0c-1c2f3a{{{{{{Number}}}}}}","resourceVersion":"{{{{{{Number}}}}}}","generation":4,"creationTimestamp":"2026-01-01T00:00:00Z","labels":{"app":"service","endpointslice.kubernetes.io/managed-by":"endpointslice-controller.k8s.io","kubernetes.io/service-name":"service-{{{{{{Number}}}}}}"},"annotations":{"endpoints.kubernetes.io/last-change-trigger-time":"2026-01-01T00:00:00Z"},"ownerReferences":[{"apiVersion":"v1","kind":"Service","name":"service-{{{{{{Number}}}}}}","uid":"0f1e","controller":true,"blockOwnerDeletion":true}],"managedFields":[{"manager":"kube-controller-manager","operation":"Update","apiVersion":"discovery.k8s.io/v1","time":"2026-01-01T00:00:00Z","fieldsType":"FieldsV1","fieldsV1":{"f:addressType":{},"f:endpoints":{},"f:metadata":{"f:annotations":{".":{},"f:endpoints.kubernetes.io/last-change-trigger-time":{}},"f:generateName":{},"f:labels":{".":{},"f:kubernetes.io/service-name":{}}},"f:ports":{}}}]},"addressType":"IPv4","endpoints":[""");
        for (var i = 0; i < endpoints; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $$$$$$"""{{{{{{(i > 0 ? "," : "")}}}}}}{"addresses":["10.1{{{{{{"\u0001\u0001"}}}}}}.1{{{{{{"\u0002\u0002"}}}}}}.1{{{{{{i:00}}}}}}"],"conditions":{"ready":true,"serving":true,"terminating":false},"targetRef":{"kind":"Pod","namespace":"default","name":"service-{{{{{{Number}}}}}}-5d4f8c7b9-{{{{{{i:00000}}}}}}","uid":"7c9e6679-7425-40de-944b-e07fc1f9{{{{{{i:0000}}}}}}"},"nodeName":"node-{{{{{{i * 37 % 1000:0000}}}}}}.example.internal","zone":"zone-{{{{{{(char)('a' + (i % 3))}}}}}}","hints":{"forZones":[{"name":"zone-{{{{{{(char)('a' + (i % 3))}}}}}}"}]} }""");
        }
        return text.Append("""],"ports":[{"name":"http","protocol":"TCP","port":8080}]}""").ToString();
    }
}
