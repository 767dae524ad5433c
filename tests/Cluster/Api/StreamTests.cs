using System.Buffers;
using System.Text;
using System.Text.Json;
using NetAgent.Cluster.Api.Streams;
using NetAgent.Cluster.Objects;
using static NetAgent.Cluster.Tests.Api.ScriptedServer;

namespace NetAgent.Cluster.Tests.Api;

public sealed class StreamTests
{
    private static readonly string Long = new('x', 200_000);

    private static readonly string[] Items = [Service("a", "1"), "{}", $$"""{"metadata":{"name":"{{Long}}"},"x":["]}\"\\",{"y":[]}]}""", Service("é\\u00e9", "2")];

    private static async Task<(List<string> Items, ListStream List)> ReadList(string text, int chunk)
    {
        await using var reader = new IdleReader(new ChunkedStream(text, chunk), TimeProvider.System);
        var list = new ListStream(reader, TimeSpan.FromMinutes(1));
        var items = new List<string>();
        while (await list.NextAsync(TestContext.Current.CancellationToken))
        {
            items.Add(Encoding.UTF8.GetString(list.Item.ToArray()));
        }
        return (items, list);
    }

    private static async Task<List<string>> ReadWatch(string text, int chunk)
    {
        await using var reader = new IdleReader(new ChunkedStream(text, chunk), TimeProvider.System);
        var watch = new WatchStream(reader);
        var events = new List<string>();
        while (await watch.NextAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken) is { } type)
        {
            var json = new Utf8JsonReader(watch.Object);
            json.Read();
            json.Skip();
            events.Add($"{type} {Encoding.UTF8.GetString(watch.Object.Slice(0, json.BytesConsumed).ToArray())}");
        }
        return events;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(4096)]
    [InlineData(1_000_000)]
    public async Task A_list_gives_its_items_however_it_is_cut(int chunk)
    {
        var (items, list) = await ReadList(List("77", "more", Items), chunk);
        Assert.Equal(Items, items);
        Assert.Equal(("77", "more"), (list.ResourceVersion, list.Continue));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(4096)]
    [InlineData(1_000_000)]
    public async Task A_watch_gives_its_events_however_it_is_cut_and_whichever_key_comes_first(int chunk)
    {
        var text = Event("ADDED", Items[0]) + "\n\r\n" + $$"""{"object":{{Items[2]}},"type":"MODIFIED"}""" + "\n" + Event("DELETED", Items[3]) + "\n{\"type\":\"ADDED\",\"obj";
        Assert.Equal([$"Added {Items[0]}", $"Modified {Items[2]}", $"Deleted {Items[3]}"], await ReadWatch(text, chunk));
    }

    [Fact]
    public async Task A_list_cut_short_anywhere_is_never_taken_for_whole()
    {
        var text = List("77", null, Service("a", "1"), Service("b", "2"));
        for (var length = 0; length < text.Length; length++)
        {
            await Assert.ThrowsAnyAsync<JsonException>(() => ReadList(text[..length], 64));
        }
    }

    [Fact]
    public async Task Any_damage_to_a_stream_is_a_JsonException_or_no_harm()
    {
        var list = List("77", null, Service("a", "1"), Service("b", "2"));
        var watch = Event("ADDED", Service("a", "1")) + "\n" + Bookmark("9") + "\n";
        var random = new Random(3);
        for (var i = 0; i < 3000; i++)
        {
            try
            {
                await ReadList(Damage(list, random), 64);
                await ReadWatch(Damage(watch, random), 64);
            }
            catch (Exception e) when (e is JsonException or BadFieldException)
            {
                // Which is what the reflector expects.
            }
        }
    }

    [Fact]
    public void Any_damage_to_an_object_is_a_problem_or_no_harm_in_one_piece_and_in_many()
    {
        var slice = """{"metadata":{"name":"a","namespace":"n","labels":{"kubernetes.io/service-name":"s"},"annotations":{"netagent.io/weight":"3"}},"addressType":"IPv4","ports":[{"name":"p","port":80,"protocol":"UDP"}],"endpoints":[{"addresses":["10.0.0.1","10.0.0.2"],"conditions":{"ready":null,"serving":true,"terminating":false},"nodeName":"n","zone":"z","hints":{"forZones":[{"name":"z"},{"name":"y"}],"forNodes":[{"name":"n"}]}}]}""";
        var node = """{"metadata":{"name":"n","labels":{"a":"b"}},"spec":{"podCIDR":"10.0.0.0/24","taints":[{"key":"k"}]},"status":{"addresses":[{"type":"InternalIP","address":"192.0.2.1"}]}}""";
        var random = new Random(4);
        var reader = new ObjectReader();
        var good = 0;
        for (var i = 0; i < 20_000; i++)
        {
            var (kind, text) = (i % 3) switch { 0 => (ObjectKind.EndpointSlice, slice), 1 => (ObjectKind.Node, node), _ => (ObjectKind.Service, Service("a", "1")) };
            var bytes = Encoding.UTF8.GetBytes(Damage(text, random));
            var whole = reader.Read(kind, new(bytes), "x");
            var pieces = reader.Read(kind, Segment.Split(bytes, random), "x");
            // The words about a syntax error quote as much as lies in one piece.
            Assert.Equal((whole.Problem?.Field, whole.Problem?.Value), (pieces.Problem?.Field, pieces.Problem?.Value));
            Assert.Equal(whole.Value, pieces.Value);
            good += whole.Problem is null ? 1 : 0;
        }
        Assert.InRange(good, 2_000, 19_000);
    }

    private static string Damage(string text, Random random)
    {
        var at = random.Next(text.Length);
        return random.Next(4) switch
        {
            0 => text[..at] + text[(at + 1)..],
            1 => text[..at] + "{}[]\",:0a\n"[random.Next(10)] + text[at..],
            2 => text[..at] + "{}[]\",:0a\n"[random.Next(10)] + text[(at + 1)..],
            _ => text[..at] + text[random.Next(text.Length)..],
        };
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        private Segment(ReadOnlyMemory<byte> memory, long index) => (Memory, RunningIndex) = (memory, index);

        public static ReadOnlySequence<byte> Split(byte[] bytes, Random random)
        {
            var first = new Segment(bytes.AsMemory(0, Math.Min(bytes.Length, 1)), 0);
            var last = first;
            for (var at = first.Memory.Length; at < bytes.Length;)
            {
                var count = Math.Min(bytes.Length - at, random.Next(1, 20));
                var next = new Segment(bytes.AsMemory(at, count), at);
                last.Next = next;
                last = next;
                at += count;
            }
            return new(first, 0, last, last.Memory.Length);
        }
    }

    private sealed class ChunkedStream(string text, int chunk) : MemoryStream(Encoding.UTF8.GetBytes(text))
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(chunk, buffer.Length)], cancellationToken);
    }
}
