using NetAgent.Contracts;

namespace NetAgent.Host.Isolation.Wire;

/// <summary>What a plugin is told to do, and what it says to that.</summary>
internal static class ConfigurationCodec
{
    public static void Write(WireWriter writer, PluginConfiguration configuration)
    {
        WriteOptional(writer, configuration.Inline);
        writer.Text(configuration.InlineSource);
        writer.List(configuration.Files, static (to, file) =>
        {
            to.Text(file.Path);
            to.Boolean(file.Exists);
            WriteOptional(to, file.Root);
            to.Text(file.Problem);
            to.Text(file.Folder);
        });
        ValueCodec.Write(writer, configuration.Arguments);
    }

    public static PluginConfiguration ReadConfiguration(ref WireReader reader) => new()
    {
        Inline = ReadOptional(ref reader),
        InlineSource = reader.RequiredText(),
        Files = reader.List(static (ref from) => new ConfigurationFile(from.RequiredText(), from.Boolean(), ReadOptional(ref from), from.Text())
        {
            Folder = from.Text(),
        }),
        Arguments = ValueCodec.ReadTexts(ref reader),
    };

    public static void Write(WireWriter writer, ConfigurationResult result)
    {
        writer.List(result.Problems, static (to, problem) =>
        {
            to.Boolean(problem.IsError);
            to.Text(problem.Source);
            to.Text(problem.Path);
            to.Signed(problem.Line);
            to.Text(problem.Message);
        });
        writer.Boolean(result.UsesDefaults);
        ClaimsCodec.Write(writer, result.Claims);
        ClaimsCodec.Write(writer, result.Observations);
        writer.Boolean(result.Period is not null);
        if (result.Period is { } period)
        {
            writer.Signed(period.Ticks);
        }
        writer.Signed(result.MinimumPeriod.Ticks);
    }

    public static ConfigurationResult ReadResult(ref WireReader reader) => new()
    {
        Problems = reader.List(static (ref from) => new ConfigurationProblem(
            from.Boolean(), from.RequiredText(), from.RequiredText(), from.Int(), from.RequiredText())),
        UsesDefaults = reader.Boolean(),
        Claims = ClaimsCodec.ReadClaims(ref reader),
        Observations = ClaimsCodec.ReadObservations(ref reader),
        Period = reader.Boolean() ? ValueCodec.ReadPeriod(ref reader) : null,
        MinimumPeriod = ValueCodec.ReadPeriod(ref reader),
    };

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
