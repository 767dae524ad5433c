using NetAgent.Contracts;

namespace NetAgent.Host.Isolation.Wire;

/// <summary>How rows of one kind are sent.</summary>
internal abstract class KindCodec
{
    /// <summary>The type of row.</summary>
    public abstract Type Row { get; }

    public abstract void Write(WireWriter writer, RowSet rows);

    public abstract void Read(ref WireReader reader, RowSet rows);
}

/// <inheritdoc/>
internal sealed class KindCodec<TRow>(Action<WireWriter, TRow> write, ReadItem<TRow> read) : KindCodec
    where TRow : struct
{
    public override Type Row => typeof(TRow);

    public override void Write(WireWriter writer, RowSet rows) => writer.List((IReadOnlyCollection<TRow>)rows.Of<TRow>(), write);

    public override void Read(ref WireReader reader, RowSet rows)
    {
        var list = rows.Of<TRow>();
        foreach (var row in reader.List(read))
        {
            list.Add(row);
        }
    }
}
