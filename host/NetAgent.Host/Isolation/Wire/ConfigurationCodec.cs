using NetAgent.Contracts;

namespace NetAgent.Host.Isolation.Wire;

/// <summary>What a plugin is told to do, and what it says to that.</summary>
internal static class ConfigurationCodec
{
    public static void Write(WireWriter writer, PluginConfiguration configuration)
    {
        WriteOptional(writer, configuration.Inline);
        writer.Text(configuration.InlineSource);
        writer.List(configuration.Files, Write);
        ValueCodec.Write(writer, configuration.Arguments);
    }

    public static PluginConfiguration ReadConfiguration(ref WireReader reader) => new()
    {
        Inline = ReadOptional(ref reader),
        InlineSource = reader.RequiredText(),
        Files = reader.List(ReadFile),
        Arguments = ValueCodec.ReadTexts(ref reader),
    };

    public static void Write(WireWriter writer, ConfigurationFile file)
    {
        writer.Text(file.Path);
        writer.Boolean(file.Exists);
        WriteOptional(writer, file.Root);
        writer.Text(file.Problem);
        writer.Text(file.Folder);
    }

    public static ConfigurationFile ReadFile(ref WireReader reader) => new()
    {
        Path = reader.RequiredText(),
        Exists = reader.Boolean(),
        Root = ReadOptional(ref reader),
        Problem = reader.Text(),
        Folder = reader.Text(),
    };

    public static void Write(WireWriter writer, ConfigurationResult result)
    {
        writer.List(result.Problems, static (to, problem) =>
        {
            to.Byte((byte)problem.Severity);
            to.Text(problem.Source);
            to.Text(problem.Path);
            to.Signed(problem.Line);
            to.Text(problem.Message);
        });
        writer.Boolean(result.UsesDefaults);
        ValueCodec.Write(writer, result.BadFiles);
        ClaimsCodec.Write(writer, result.Claims);
        ClaimsCodec.Write(writer, result.Observations);
        WriteOptional(writer, result.Period);
        WriteOptional(writer, result.VerifyPeriod);
        writer.Signed(result.MinimumPeriod.Ticks);
    }

    public static ConfigurationResult ReadResult(ref WireReader reader) => new()
    {
        Problems = reader.List(static (ref from) => new ConfigurationProblem
        {
            Severity = RowCodec.Enumerated<Severity>(from.Byte()),
            Source = from.RequiredText(),
            Path = from.RequiredText(),
            Line = from.Int(),
            Message = from.RequiredText(),
        }),
        UsesDefaults = reader.Boolean(),
        BadFiles = ValueCodec.ReadTexts(ref reader),
        Claims = ClaimsCodec.ReadClaims(ref reader),
        Observations = ClaimsCodec.ReadObservations(ref reader),
        Period = ReadOptionalPeriod(ref reader),
        VerifyPeriod = ReadOptionalPeriod(ref reader),
        MinimumPeriod = ValueCodec.ReadPeriod(ref reader),
    };

    private static void WriteOptional(WireWriter writer, TimeSpan? period)
    {
        writer.Boolean(period is not null);
        if (period is { } given)
        {
            writer.Signed(given.Ticks);
        }
    }

    private static TimeSpan? ReadOptionalPeriod(ref WireReader reader) => reader.Boolean() ? ValueCodec.ReadPeriod(ref reader) : null;

    private static void WriteOptional(WireWriter writer, ConfigNode? node)
    {
        writer.Boolean(node is not null);
        if (node is not null)
        {
            Write(writer, node);
        }
    }

    private static ConfigNode? ReadOptional(ref WireReader reader) => reader.Boolean() ? ReadNode(ref reader) : null;

    private static void Write(WireWriter writer, ConfigNode node)
    {
        writer.Byte((byte)node.Kind);
        writer.Signed(node.Line);
        writer.Text(node.Text);
        writer.Boolean(node.IsQuoted);
        writer.List(node.Entries, static (to, entry) =>
        {
            to.Text(entry.Key);
            to.Signed(entry.Line);
            Write(to, entry.Value);
        });
        writer.List(node.Items, Write);
    }

    // Written by the host alone, so its depth is that of a file which the host could parse.
    private static ConfigNode ReadNode(ref WireReader reader) => new()
    {
        Kind = (ConfigNodeKind)reader.Byte(),
        Line = reader.Int(),
        Text = reader.RequiredText(),
        IsQuoted = reader.Boolean(),
        Entries = reader.List(static (ref from) => new ConfigEntry(from.RequiredText(), from.Int(), ReadNode(ref from))),
        Items = reader.List(ReadNode),
    };
}
