using NetAgent.Contracts;

namespace NetAgent.Host.Isolation.Wire;

/// <summary>What a call did to its slice, in order.</summary>
internal static class SliceCodec
{
    private const byte End = 0;
    private const byte Replaced = 1;
    private const byte Removed = 2;

    public static void WriteReplace(WireWriter writer, string scope, RowSet rows)
    {
        writer.Byte(Replaced);
        writer.Text(scope);
        RowCodec.Write(writer, rows);
    }

    public static void WriteRemove(WireWriter writer, string scope)
    {
        writer.Byte(Removed);
        writer.Text(scope);
    }

    public static void WriteEnd(WireWriter writer) => writer.Byte(End);

    /// <summary>Does it all again, once all of it is known to make sense.</summary>
    public static void Replay(ref WireReader reader, ISlice slice)
    {
        var steps = new List<(string Scope, RowSet? Rows)>();
        while (reader.Byte() is var step && step != End)
        {
            var scope = reader.RequiredText();
            steps.Add((scope, step switch
            {
                Replaced => RowCodec.Read(ref reader),
                Removed => null,
                _ => throw new WireException($"step {step} is unknown"),
            }));
        }
        foreach (var (scope, rows) in steps)
        {
            if (rows is null)
            {
                slice.Remove(scope);
            }
            else
            {
                slice.Replace(scope, rows);
            }
        }
    }
}
