using System.Collections.Immutable;
using NetAgent.Contracts;

namespace NetAgent.Host.Isolation.Wire;

/// <summary>What the host sees of the node.</summary>
internal static class FactsCodec
{
    public static void Write(WireWriter writer, NodeFacts facts)
    {
        writer.Text(facts.KernelVersion.ToString());
        writer.Signed(facts.CpuCount);
        writer.Signed(facts.MemoryBytes);
        writer.Boolean(facts.Links is not null);
        if (facts.Links is { } links)
        {
            writer.List(links, Write);
        }
        Write(writer, facts.Sysctls);
        Write(writer, facts.ReadOnlySysctls);
        writer.Boolean(facts.Conntrack is not null);
        if (facts.Conntrack is { } conntrack)
        {
            foreach (var value in (ReadOnlySpan<long>)
                [conntrack.Count, conntrack.Max, conntrack.Buckets, conntrack.InsertFailed, conntrack.Drop, conntrack.EarlyDrop, conntrack.SearchRestart, conntrack.Invalid, conntrack.ChainTooLong])
            {
                writer.Signed(value);
            }
        }
        writer.List(facts.IptablesTables, static (to, table) =>
        {
            to.Byte((byte)table.Family);
            to.Text(table.Table);
            ValueCodec.Write(to, table.Rules);
            to.Text(table.Backend);
            to.Boolean(table.IsOtherBackend);
        });
        writer.List(facts.ForeignAddresses, static (to, foreign) =>
        {
            ValueCodec.Write(to, foreign.Address);
            to.Text(foreign.Owner);
            to.Text(foreign.Loss);
        });
        writer.Boolean(facts.IpvsSchedulers is not null);
        if (facts.IpvsSchedulers is { } schedulers)
        {
            ValueCodec.Write(writer, schedulers);
        }
        writer.Boolean(facts.Route is not null);
        if (facts.Route is { } route)
        {
            writer.Text(route.Link);
            writer.Text(route.Gateway.IsNone ? null : route.Gateway.ToString());
            writer.Text(route.MasqueradeSource.IsNone ? null : route.MasqueradeSource.ToString());
            writer.Text(route.Problem);
        }
    }

    public static NodeFacts Read(ref WireReader reader) => new()
    {
        KernelVersion = Version.Parse(reader.RequiredText()),
        CpuCount = reader.Int(),
        MemoryBytes = reader.Signed(),
        Links = reader.Boolean() ? reader.Array(ReadLink) : null,
        Sysctls = ReadTexts(ref reader),
        ReadOnlySysctls = ReadTexts(ref reader),
        Conntrack = reader.Boolean() ? ReadConntrack(ref reader) : null,
        IptablesTables = reader.Array(static (ref from) => new IptablesTableFacts((IpFamily)from.Byte(), from.RequiredText(), ValueCodec.ReadTexts(ref from))
        {
            Backend = from.RequiredText(),
            IsOtherBackend = from.Boolean(),
        }),
        ForeignAddresses = reader.Array(static (ref from) => new ForeignAddress
        {
            Address = ValueCodec.ReadAddress(ref from),
            Owner = from.RequiredText(),
            Loss = from.RequiredText(),
        }),
        IpvsSchedulers = reader.Boolean() ? ValueCodec.ReadTexts(ref reader) : null,
        Route = reader.Boolean() ? new()
        {
            Link = reader.RequiredText(),
            Gateway = ReadAddress(ref reader),
            MasqueradeSource = ReadAddress(ref reader),
            Problem = reader.Text(),
        } : null,
    };

    private static InetAddress ReadAddress(ref WireReader reader) => reader.Text() is { } text ? InetAddress.Parse(text) : default;

    private static void Write(WireWriter writer, LinkFacts link)
    {
        writer.Signed(link.Index);
        writer.Text(link.Name);
        writer.Text(link.Kind);
        writer.Boolean(link.IsUp);
        writer.Boolean(link.IsLoopback);
        writer.Boolean(link.IsNoArp);
        writer.Signed(link.MasterIndex);
        ValueCodec.Write(writer, link.Addresses);
        writer.Boolean(link.HasRoutes);
    }

    private static LinkFacts ReadLink(ref WireReader reader) => new()
    {
        Index = reader.Int(),
        Name = reader.RequiredText(),
        Kind = reader.RequiredText(),
        IsUp = reader.Boolean(),
        IsLoopback = reader.Boolean(),
        IsNoArp = reader.Boolean(),
        MasterIndex = reader.Int(),
        Addresses = ValueCodec.ReadPrefixes(ref reader),
        HasRoutes = reader.Boolean(),
    };

    private static void Write(WireWriter writer, ImmutableSortedDictionary<string, string> texts) => writer.List(texts, static (to, pair) =>
    {
        to.Text(pair.Key);
        to.Text(pair.Value);
    });

    private static ImmutableSortedDictionary<string, string> ReadTexts(ref WireReader reader) => reader
        .List(static (ref from) => KeyValuePair.Create(from.RequiredText(), from.RequiredText()))
        .ToImmutableSortedDictionary(StringComparer.Ordinal);

    private static ConntrackFacts ReadConntrack(ref WireReader reader) => new()
    {
        Count = reader.Signed(),
        Max = reader.Signed(),
        Buckets = reader.Signed(),
        InsertFailed = reader.Signed(),
        Drop = reader.Signed(),
        EarlyDrop = reader.Signed(),
        SearchRestart = reader.Signed(),
        Invalid = reader.Signed(),
        ChainTooLong = reader.Signed(),
    };
}
