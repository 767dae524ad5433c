using NetAgent.Cluster.Objects;
using NetAgent.Contracts;

namespace NetAgent.Cluster.Tests.State;

public sealed class ClusterStoreTests
{
    private readonly ClusterStore _store = new(keptRemovals: 3);

    private static NamespacedName Named(string name) => new("default", name);

    private static Service Service(string name, ushort port = 80) => new() { Name = Named(name), Ports = [new("", IpProtocol.Tcp, port)] };

    private static EndpointSlice Slice(string name, string service, int weight = 0) => new()
    {
        Name = Named(name),
        Service = Named(service),
        Annotations = [new("netagent.io/weight", $"{weight}")],
    };

    private void Write(Action<ClusterStore.Writer> write) => _store.Write(write);

    private ClusterSnapshot Take(long since = 0) => _store.Take(since);

    [Fact]
    public void What_nobody_wants_any_more_goes_at_once_and_what_is_wanted_anew_must_be_read_again()
    {
        _store.Want(new(["app", "tier"], ["netagent.io/*"]));
        Write(w =>
        {
            w.Put(Service("web") with { Labels = [new("app", "web"), new("tier", "1")] });
            w.Put(Service("db"));
            w.Put(Slice("web-1", "web", 3));
            w.SetRead(ObjectKind.Service, new(["app", "tier"], ["netagent.io/*"]));
            w.SetRead(ObjectKind.EndpointSlice, new(["app", "tier"], ["netagent.io/*"]));
        });
        var outgrown = _store.Outgrown;
        var before = Take().State.Revision;

        _store.Want(new(["app"], []));
        var narrowed = Take(before);
        Assert.Equal([Named("web")], narrowed.Changed.Services);
        Assert.Equal([new("app", "web")], narrowed.State.Services[Named("web")].Service.Labels);
        Assert.Empty(narrowed.State.Services[Named("web")].Slices[0].Annotations);
        Assert.True(narrowed.Kept.Covers(new(["app"], [])));
        Assert.False(outgrown.IsCancellationRequested);

        _store.Want(new(["app", "tier"], []));
        Assert.True(outgrown.IsCancellationRequested);
        Assert.False(_store.Outgrown.IsCancellationRequested);
        Assert.False(Take().Kept.Covers(new(["tier"], [])));
        Write(w => w.SetRead(ObjectKind.Service, _store.Wish));
        Assert.False(Take().Kept.Covers(new(["tier"], [])));
        Write(w => w.SetRead(ObjectKind.EndpointSlice, _store.Wish));
        Assert.True(Take().Kept.Covers(new(["tier"], [])));
    }

    [Fact]
    public async Task That_what_is_wanted_has_been_read_is_news_even_when_no_object_has_it()
    {
        _store.Want(new(["app"], []));
        var seen = Take().State.Revision;
        var waiting = _store.WaitAsync(seen, TestContext.Current.CancellationToken);
        Assert.False(waiting.IsCompleted);

        Write(w => w.SetRead(ObjectKind.Service, _store.Wish));
        await waiting.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData("a/*", "a/b", true)]
    [InlineData("a/*", "a/b*", true)]
    [InlineData("a/b", "a/*", false)]
    [InlineData("*", "a", true)]
    [InlineData("a", "a", true)]
    [InlineData("a", "ab", false)]
    [InlineData("a*", "a", true)]
    public void A_wish_covers_another_when_nothing_of_it_is_missing(string wide, string narrow, bool covers)
    {
        Assert.Equal(covers, new MetadataWish([wide], []).Covers(new([narrow], [])));
        Assert.Equal(covers, new MetadataWish([], [wide]).Covers(new([], [narrow])));
        Assert.Equal(covers ? [narrow] : [], new MetadataWish([wide], []).And(new([narrow], [])).Labels.Where(key => key == narrow));
    }

    [Fact]
    public void Slices_join_their_Service_whichever_comes_first_in_order_of_name()
    {
        Write(w => w.Put(Slice("b", "web")));
        Assert.Empty(Take().State.Services);
        Write(w => w.Put(Service("web")));
        Write(w => w.Put(Slice("a", "web")));
        Assert.Equal(["a", "b"], Take().State.Services[Named("web")].Slices.Select(s => s.Name.Name));
    }

    [Fact]
    public void A_slice_that_moves_changes_both_Services()
    {
        Write(w => { w.Put(Service("one")); w.Put(Service("two")); w.Put(Slice("s", "one")); });
        var before = Take().State;
        Write(w => w.Put(Slice("s", "two")));
        var after = Take(before.Revision);
        Assert.Equal([Named("one"), Named("two")], after.Changed.Services.Order());
        Assert.Empty(after.State.Services[Named("one")].Slices);
        Assert.Single(after.State.Services[Named("two")].Slices);
    }

    [Fact]
    public void The_same_object_again_and_a_change_undone_before_anybody_looked_are_no_change()
    {
        Write(w => w.Put(Service("web")));
        var revision = Take().State.Revision;
        Write(w => w.Put(Service("web")));
        Write(w => w.Put(Service("web", 81)));
        Write(w => w.Put(Service("web")));
        Assert.Equal(revision, Take().State.Revision);
    }

    [Fact]
    public void Changes_between_two_takes_are_one_revision_and_each_reader_sees_what_it_missed()
    {
        Write(w => { w.Put(Service("a")); w.Put(Service("b")); });
        var first = Take().State.Revision;
        Write(w => w.Put(Service("a", 81)));
        Write(w => w.Put(Service("c")));
        var second = Take(first);
        Assert.Equal(first + 1, second.State.Revision);
        Assert.Equal([Named("a"), Named("c")], second.Changed.Services.Order());
        Write(w => w.RemoveService(Named("b")));
        Assert.Equal([Named("b")], Take(second.State.Revision).Changed.Services);
        Assert.Equal([Named("a"), Named("b"), Named("c")], _store.ChangesSince(first).Services.Order());
        Assert.True(_store.ChangesSince(0).Everything);
    }

    [Fact]
    public void The_node_is_a_change_of_its_own()
    {
        Write(w => w.SetNode(new() { Name = "n" }));
        var first = Take().State.Revision;
        Write(w => w.SetNode(new() { Name = "n" }));
        Assert.Equal(first, Take().State.Revision);
        Write(w => w.SetNode(new() { Name = "n", Labels = [new("a", "b")] }));
        var change = Take(first).Changed;
        Assert.True(change.Node);
        Assert.Empty(change.Services);
    }

    [Fact]
    public void Nothing_of_deleted_Services_is_kept_and_a_reader_too_far_behind_must_look_at_everything()
    {
        Write(w => w.Put(Service("keep")));
        var old = Take().State.Revision;
        for (var i = 0; i < 100; i++)
        {
            var name = $"s{i}";
            Write(w => { w.Put(Service(name)); w.Put(Slice(name, name)); });
            Take();
            Write(w => { w.RemoveService(Named(name)); w.RemoveSlice(Named(name)); });
            Take();
        }
        Assert.Equal(1, _store.TrackedServices);
        Assert.True(_store.ChangesSince(old).Everything);
        var recent = Take().State.Revision;
        Write(w => w.RemoveService(Named("keep")));
        Assert.Equal([Named("keep")], Take(recent).Changed.Services);
    }

    [Fact]
    public async Task A_waiter_wakes_for_a_change_and_for_completeness_and_not_for_nothing()
    {
        var none = _store.WaitAsync(0, TestContext.Current.CancellationToken);
        Write(w => w.RemoveService(Named("x")));
        Assert.False(none.IsCompleted);
        Write(w => w.SetComplete());
        await none.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        var taken = Take();
        Assert.True(taken.IsComplete);
        var next = _store.WaitAsync(taken.State.Revision, TestContext.Current.CancellationToken);
        Assert.False(next.IsCompleted);
        Write(w => w.Put(Service("x")));
        await next.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.True(_store.WaitAsync(taken.State.Revision, TestContext.Current.CancellationToken).IsCompleted);
    }

    [Fact]
    public void Any_history_folds_to_the_state_that_a_plain_join_of_what_is_left_gives()
    {
        var random = new Random(7);
        var services = new Dictionary<string, Service>();
        var slices = new Dictionary<string, EndpointSlice>();
        var mirror = new Dictionary<NamespacedName, ServiceEndpoints>();
        long seen = 0;
        for (var i = 0; i < 5000; i++)
        {
            var service = $"s{random.Next(8)}";
            var slice = $"e{random.Next(16)}";
            switch (random.Next(5))
            {
                case 0: services[service] = Service(service, (ushort)random.Next(1, 4)); Write(w => w.Put(services[service])); break;
                case 1: services.Remove(service); Write(w => w.RemoveService(Named(service))); break;
                case 2: slices.Remove(slice); Write(w => w.RemoveSlice(Named(slice))); break;
                default: slices[slice] = Slice(slice, service, random.Next(2)); Write(w => w.Put(slices[slice])); break;
            }
            if (random.Next(4) > 0)
            {
                continue;
            }
            var snapshot = Take(seen);
            var expected = services.Values.ToDictionary(s => s.Name, s => new ServiceEndpoints(s,
                slices.Values.Where(e => e.Service == s.Name).OrderBy(e => e.Name.Name, StringComparer.Ordinal).ToEquatableArray()));
            Assert.Equal(expected.OrderBy(p => p.Key), snapshot.State.Services.OrderBy(p => p.Key));
            // A reader that follows the changes alone arrives at the same.
            foreach (var name in snapshot.Changed.Everything ? expected.Keys.Union(mirror.Keys).ToArray() : [.. snapshot.Changed.Services])
            {
                if (expected.TryGetValue(name, out var now))
                {
                    mirror[name] = now;
                }
                else
                {
                    mirror.Remove(name);
                }
            }
            Assert.Equal(expected.OrderBy(p => p.Key), mirror.OrderBy(p => p.Key));
            seen = snapshot.State.Revision;
        }
    }
}
