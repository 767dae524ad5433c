using System.Runtime.CompilerServices;
using FsCheck;
using FsCheck.Fluent;
using NetAgent.Contracts;
using NetAgent.Dataplane.Rows;

namespace NetAgent.Dataplane.Tests.Reconcile;

public sealed class SlotTableTests
{
    [Fact]
    public void A_slot_table_holds_what_a_dictionary_would_and_rows_keep_their_place() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(200),
            Prop.ForAll(Arb.From(Gen.ListOf(from number in Gen.Choose(0, 60) from add in Gen.Choose(0, 2) select (number, add > 0))), steps =>
            {
                var table = new SlotTable<string, DummyLink>();
                var places = new Dictionary<string, int>();
                foreach (var (number, add) in steps)
                {
                    var name = $"link{number}";
                    if (add)
                    {
                        var slot = table.GetOrAdd(new DummyLink(name), out var added);
                        Assert.Equal(!places.ContainsKey(name), added);
                        places[name] = slot;
                    }
                    else if (places.Remove(name, out var slot))
                    {
                        table.Free(slot);
                    }
                }
                Assert.Equal(places.Count, table.Count);
                Assert.All(places, place => Assert.Equal(place.Value, table.Find(place.Key)));
                Assert.Equal(-1, table.Find("link99"));
            }));

    [Fact]
    public void A_million_real_servers_fit_into_an_eighth_of_a_gigabyte()
    {
        // A slot, its bucket and its scope's four bytes; nothing else is kept for a row that one scope wants and the kernel has.
        Assert.InRange(Unsafe.SizeOf<Slot<RealServer>>() + (2 * sizeof(int)), 1, 128);
    }
}
