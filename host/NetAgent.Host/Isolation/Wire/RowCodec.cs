using System.Runtime.CompilerServices;
using NetAgent.Contracts;

namespace NetAgent.Host.Isolation.Wire;

/// <summary>The rows of a scope, kind after kind as they are registered here, then what it says to people.</summary>
internal static class RowCodec
{
    private static readonly KindCodec[] _kinds =
    [
        new KindCodec<VirtualServer>(
            static (to, row) =>
            {
                Write(to, row.Key);
                to.Text(row.Scheduler);
                to.Number((uint)row.Flags);
                to.Number(row.PersistenceTimeoutSeconds);
            },
            static (ref from) =>
                new VirtualServer(ReadServerKey(ref from), from.RequiredText())
                {
                    Flags = (VirtualServerFlags)from.UInt(),
                    PersistenceTimeoutSeconds = from.UInt(),
                }),
        new KindCodec<RealServer>(
            static (to, row) =>
            {
                Write(to, row.Key.Server);
                ValueCodec.Write(to, row.Key.Address);
                to.Number(row.Key.Port);
                to.Number(row.Weight);
            },
            static (ref from) => new RealServer(new(ReadServerKey(ref from), ValueCodec.ReadAddress(ref from), from.Port()), from.Port())),
        new KindCodec<IpvsTimeouts>(
            static (to, row) =>
            {
                to.Number(row.TcpSeconds);
                to.Number(row.TcpFinSeconds);
                to.Number(row.UdpSeconds);
            },
            static (ref from) => new IpvsTimeouts(from.UInt(), from.UInt(), from.UInt())),
        new KindCodec<DummyLink>(
            static (to, row) => to.Text(row.Name),
            static (ref from) => new DummyLink(from.RequiredText())),
        new KindCodec<LinkAddress>(
            static (to, row) =>
            {
                to.Text(row.Key.Link);
                ValueCodec.Write(to, row.Key.Address);
                to.Byte((byte)row.Binding);
            },
            static (ref from) =>
                new LinkAddress(new(from.RequiredText(), ValueCodec.ReadAddress(ref from)), Enumerated<AddressBinding>(from.Byte()))),
        new KindCodec<IpSet>(
            static (to, row) =>
            {
                to.Text(row.Name);
                to.Byte((byte)row.Type);
                to.Byte((byte)row.Family);
                to.Number(row.MaxElements);
            },
            static (ref from) =>
                new IpSet(from.RequiredText(), Enumerated<IpSetType>(from.Byte()), Enumerated<IpFamily>(from.Byte()))
                {
                    MaxElements = from.UInt(),
                }),
        new KindCodec<IpSetEntry>(
            static (to, row) =>
            {
                to.Text(row.Set);
                ValueCodec.Write(to, row.Address);
                to.Byte((byte)row.Protocol);
                to.Number(row.Port);
                ValueCodec.Write(to, row.Second);
            },
            static (ref from) => new IpSetEntry
            {
                Set = from.RequiredText(),
                Address = ValueCodec.ReadAddress(ref from),
                Protocol = Enumerated<IpProtocol>(from.Byte()),
                Port = from.Port(),
                Second = ValueCodec.ReadPrefix(ref from),
            }),
        new KindCodec<Chain>(
            static (to, row) =>
            {
                to.Byte((byte)row.Key.Family);
                to.Text(row.Key.Table);
                to.Text(row.Key.Name);
                ValueCodec.Write(to, row.Rules);
            },
            static (ref from) =>
                new Chain(new(Enumerated<IpFamily>(from.Byte()), from.RequiredText(), from.RequiredText()),
                    ValueCodec.ReadTexts(ref from))),
        new KindCodec<Jump>(
            static (to, row) =>
            {
                to.Byte((byte)row.Key.Family);
                to.Text(row.Key.Table);
                to.Text(row.Key.Parent);
                to.Text(row.Key.Rule);
                to.Byte((byte)row.Position);
                to.Signed(row.Order);
            },
            static (ref from) => new Jump(
                new(Enumerated<IpFamily>(from.Byte()), from.RequiredText(), from.RequiredText(), from.RequiredText()),
                Enumerated<JumpPosition>(from.Byte())) { Order = from.Int() }),
        new KindCodec<Sysctl>(
            static (to, row) =>
            {
                to.Text(row.Path);
                to.Text(row.Value);
                to.Byte((byte)row.Rule);
                to.Signed(row.Order);
            },
            static (ref from) => new Sysctl(from.RequiredText(), from.RequiredText())
            {
                Rule = Enumerated<SysctlRule>(from.Byte()),
                Order = from.Int(),
            }),
        new KindCodec<ConfigFile>(
            static (to, row) =>
            {
                to.Text(row.Path);
                to.Text(row.Text);
            },
            static (ref from) => new ConfigFile(from.RequiredText(), from.RequiredText())),
        new KindCodec<HealthCheckPort>(
            static (to, row) =>
            {
                to.Number(row.Port);
                ValueCodec.Write(to, row.Service);
                to.Signed(row.LocalEndpoints);
                ValueCodec.Write(to, row.Addresses);
            },
            static (ref from) =>
                new HealthCheckPort(from.Port(), ValueCodec.ReadName(ref from))
                {
                    LocalEndpoints = from.Int(),
                    Addresses = ValueCodec.ReadAddresses(ref from),
                }),
    ];

    /// <summary>The types of rows that can be sent.</summary>
    public static IEnumerable<Type> Kinds => _kinds.Select(kind => kind.Row);

    public static void Write(WireWriter writer, RowSet rows)
    {
        foreach (var kind in _kinds)
        {
            kind.Write(writer, rows);
        }
        writer.List((IReadOnlyCollection<Notice>)rows.Notices, static (to, notice) =>
        {
            to.Byte((byte)notice.Severity);
            to.Text(notice.Reason);
            to.Text(notice.Message);
            to.Boolean(notice.Service is not null);
            if (notice.Service is { } service)
            {
                ValueCodec.Write(to, service);
            }
        });
        writer.List((IReadOnlyCollection<Gauge>)rows.Gauges, static (to, gauge) =>
        {
            to.Text(gauge.Name);
            to.Real(gauge.Value);
            ValueCodec.Write(to, gauge.Labels);
        });
    }

    public static RowSet Read(ref WireReader reader)
    {
        var rows = new RowSet();
        foreach (var kind in _kinds)
        {
            kind.Read(ref reader, rows);
        }
        Fill(rows.Notices, reader.List(static (ref from) => new Notice(
            Enumerated<Severity>(from.Byte()), from.RequiredText(), from.RequiredText())
        {
            Service = from.Boolean() ? ValueCodec.ReadName(ref from) : null,
        }));
        Fill(rows.Gauges, reader.List(static (ref from) => new Gauge(from.RequiredText(), from.Real())
        {
            Labels = ValueCodec.ReadLabels(ref from),
        }));
        return rows;
    }

    private static void Write(WireWriter writer, VirtualServerKey key)
    {
        writer.Byte((byte)key.Protocol);
        ValueCodec.Write(writer, key.Address);
        writer.Number(key.Port);
    }

    private static VirtualServerKey ReadServerKey(ref WireReader reader) =>
        new(Enumerated<IpProtocol>(reader.Byte()), ValueCodec.ReadAddress(ref reader), reader.Port());

    // The kernel's tables know no other values; a plugin's process may send any byte.
    public static T Enumerated<T>(byte value)
        where T : struct, Enum => Unsafe.BitCast<byte, T>(value) is var known && Enum.IsDefined(known)
            ? known
            : throw new WireException($"{value} is no {typeof(T).Name}");

    private static void Fill<T>(IList<T> to, T[] from)
    {
        foreach (var row in from)
        {
            to.Add(row);
        }
    }
}
