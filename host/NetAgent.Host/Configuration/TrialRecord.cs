using NetAgent.Contracts;
using NetAgent.Dataplane.Files;
using NetAgent.Host.Isolation.Wire;

namespace NetAgent.Host.Configuration;

/// <summary>What must be known of configurations after a crash: the one that was confirmed, in full, and which others were tried.</summary>
/// <param name="Good">The one to go back to; null before a first one was confirmed.</param>
/// <param name="Refused">Digest of the one that was taken back; null when none was.</param>
/// <param name="Why">Why it was.</param>
/// <param name="Trial">Digest of the one that is on trial; null when none is.</param>
internal sealed record TrialRecord(AgentSource? Good, string? Refused, string? Why, string? Trial)
{
    public const string FileName = "configuration-confirmed";

    // Of the file's layout; a file of another one counts as none.
    private const byte Format = 1;

    public static TrialRecord None { get; } = new(null, null, null, null);

    /// <exception cref="IOException">It cannot be read, or holds nonsense.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be read.</exception>
    public static TrialRecord Read(string stateDirectory)
    {
        var path = Path.Combine(stateDirectory, FileName);
        if (!File.Exists(path))
        {
            return None;
        }
        try
        {
            var reader = new WireReader(File.ReadAllBytes(path));
            return reader.Byte() != Format
                ? None : new(reader.Boolean() ? ReadSource(ref reader) : null, reader.Text(), reader.Text(), reader.Text());
        }
        catch (WireException nonsense)
        {
            throw new IOException($"{path}: {nonsense.Message}", nonsense);
        }
    }

    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be written.</exception>
    public void Write(string stateDirectory)
    {
        var writer = new WireWriter();
        writer.Byte(Format);
        writer.Boolean(Good is not null);
        if (Good is { } good)
        {
            ConfigurationCodec.Write(writer, good.Agent);
            writer.Text(good.Folder);
            writer.List(good.Files, ConfigurationCodec.Write);
        }
        writer.Text(Refused);
        writer.Text(Why);
        writer.Text(Trial);
        DurableFile.Write(Path.Combine(stateDirectory, FileName), file => file.Write(writer.Written.Span));
    }

    private static AgentSource ReadSource(ref WireReader reader) =>
        new(ConfigurationCodec.ReadFile(ref reader), reader.RequiredText(), reader.List(ConfigurationCodec.ReadFile));
}

/// <summary>All files that a configuration was made from, as they were read.</summary>
/// <param name="Agent">The agent's own.</param>
/// <param name="Folder">What relative paths in it are relative to.</param>
/// <param name="Files">The plugins'.</param>
internal sealed record AgentSource(ConfigurationFile Agent, string Folder, IReadOnlyList<ConfigurationFile> Files);
