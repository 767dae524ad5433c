using System.Runtime.CompilerServices;
using NetAgent.Contracts;

namespace NetAgent.Host.Isolation.Wire;

/// <summary>The rows of a scope.</summary>
internal static class RowCodec
{
    public static void Write(WireWriter writer, RowSet rows)
    {
        List(writer, rows.VirtualServers, static (to, row) =>
        {
            Write(to, row.Key);
            to.Text(row.Scheduler);
            to.Number((uint)row.Flags);
            to.Number(row.PersistenceTimeoutSeconds);
        });
        List(writer, rows.RealServers, static (to, row) =>
        {
            Write(to, row.Key.Server);
            ValueCodec.Write(to, row.Key.Address);
            to.Number(row.Key.Port);
            to.Number(row.Weight);
        });
        List(writer, rows.IpvsTimeouts, static (to, row) =>
        {
            to.Number(row.TcpSeconds);
            to.Number(row.TcpFinSeconds);
            to.Number(row.UdpSeconds);
        });
        List(writer, rows.Links, static (to, row) => to.Text(row.Name));
        List(writer, rows.Addresses, static (to, row) =>
        {
            to.Text(row.Key.Link);
            ValueCodec.Write(to, row.Key.Address);
            to.Byte((byte)row.Binding);
        });
        List(writer, rows.IpSets, static (to, row) =>
        {
            to.Text(row.Name);
            to.Byte((byte)row.Type);
            to.Byte((byte)row.Family);
            to.Number(row.MaxElements);
        });
        List(writer, rows.IpSetEntries, static (to, row) =>
        {
            to.Text(row.Set);
            ValueCodec.Write(to, row.Address);
            to.Byte((byte)row.Protocol);
            to.Number(row.Port);
            ValueCodec.Write(to, row.Second);
        });
        List(writer, rows.Chains, static (to, row) =>
        {
            to.Byte((byte)row.Key.Family);
            to.Text(row.Key.Table);
            to.Text(row.Key.Name);
            ValueCodec.Write(to, row.Rules);
        });
        List(writer, rows.Jumps, static (to, row) =>
        {
            to.Byte((byte)row.Key.Family);
            to.Text(row.Key.Table);
            to.Text(row.Key.Parent);
            to.Text(row.Key.Rule);
            to.Byte((byte)row.Position);
            to.Signed(row.Order);
        });
        List(writer, rows.Sysctls, static (to, row) =>
        {
            to.Text(row.Path);
            to.Text(row.Value);
            to.Byte((byte)row.Rule);
            to.Signed(row.Order);
        });
        List(writer, rows.Files, static (to, row) =>
        {
            to.Text(row.Path);
            to.Text(row.Text);
        });
        List(writer, rows.HealthCheckPorts, static (to, row) =>
        {
            to.Number(row.Port);
            ValueCodec.Write(to, row.Service);
            to.Signed(row.LocalEndpoints);
            ValueCodec.Write(to, row.Addresses);
        });
        List(writer, rows.Notices, static (to, notice) =>
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
        List(writer, rows.Gauges, static (to, gauge) =>
        {
            to.Text(gauge.Name);
            to.Real(gauge.Value);
            ValueCodec.Write(to, gauge.Labels);
        });
    }

    public static RowSet Read(ref WireReader reader)
    {
        var rows = new RowSet();
        Fill(rows.VirtualServers, reader.List(static (ref from) =>
            new VirtualServer(ReadServerKey(ref from), from.RequiredText())
            {
                Flags = (VirtualServerFlags)from.UInt(),
                PersistenceTimeoutSeconds = from.UInt(),
            }));
        Fill(rows.RealServers, reader.List(static (ref from) =>
            new RealServer(new(ReadServerKey(ref from), ValueCodec.ReadAddress(ref from), from.Port()), from.Port())));
        Fill(rows.IpvsTimeouts, reader.List(static (ref from) => new IpvsTimeouts(from.UInt(), from.UInt(), from.UInt())));
        Fill(rows.Links, reader.List(static (ref from) => new DummyLink(from.RequiredText())));
        Fill(rows.Addresses, reader.List(static (ref from) =>
            new LinkAddress(new(from.RequiredText(), ValueCodec.ReadAddress(ref from)), Enumerated<AddressBinding>(from.Byte()))));
        Fill(rows.IpSets, reader.List(static (ref from) =>
            new IpSet(from.RequiredText(), Enumerated<IpSetType>(from.Byte()), Enumerated<IpFamily>(from.Byte()))
            {
                MaxElements = from.UInt(),
            }));
        Fill(rows.IpSetEntries, reader.List(static (ref from) => new IpSetEntry
        {
            Set = from.RequiredText(),
            Address = ValueCodec.ReadAddress(ref from),
            Protocol = Enumerated<IpProtocol>(from.Byte()),
            Port = from.Port(),
            Second = ValueCodec.ReadPrefix(ref from),
        }));
        Fill(rows.Chains, reader.List(static (ref from) =>
            new Chain(new(Enumerated<IpFamily>(from.Byte()), from.RequiredText(), from.RequiredText()), ValueCodec.ReadTexts(ref from))));
        Fill(rows.Jumps, reader.List(static (ref from) => new Jump(
            new(Enumerated<IpFamily>(from.Byte()), from.RequiredText(), from.RequiredText(), from.RequiredText()), Enumerated<JumpPosition>(from.Byte()))
        {
            Order = from.Int(),
        }));
        Fill(rows.Sysctls, reader.List(static (ref from) =>
            new Sysctl(from.RequiredText(), from.RequiredText()) { Rule = Enumerated<SysctlRule>(from.Byte()), Order = from.Int() }));
        Fill(rows.Files, reader.List(static (ref from) => new ConfigFile(from.RequiredText(), from.RequiredText())));
        Fill(rows.HealthCheckPorts, reader.List(static (ref from) =>
            new HealthCheckPort(from.Port(), ValueCodec.ReadName(ref from))
            {
                LocalEndpoints = from.Int(),
                Addresses = ValueCodec.ReadAddresses(ref from),
            }));
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

    private static void List<T>(WireWriter writer, IList<T> rows, Action<WireWriter, T> write)
    {
        writer.Number((ulong)rows.Count);
        foreach (var row in rows)
        {
            write(writer, row);
        }
    }

    private static void Fill<T>(IList<T> to, T[] from)
    {
        foreach (var row in from)
        {
            to.Add(row);
        }
    }
}
