using NetAgent.Contracts;
using NetAgent.Dataplane.Files;
using NetAgent.Host.Isolation.Wire;

namespace NetAgent.Host.State;

/// <summary>
/// The configuration that each plugin last accepted, on disk: a file that went bad while the agent was away must not undo what the node
/// has been working with.
/// </summary>
internal sealed class LastGoodConfigurations(string stateDirectory)
{
    // Of the file's layout; a file of another one counts as none.
    private const byte Format = 1;

    /// <summary>Why the last one could not be kept or read; null when it could.</summary>
    public string? Problem { get; private set; }

    public PluginConfiguration? Read(string plugin)
    {
        try
        {
            var reader = new WireReader(File.ReadAllBytes(PathOf(plugin)));
            return reader.Byte() == Format ? ConfigurationCodec.ReadConfiguration(ref reader) : null;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is WireException or IOException or UnauthorizedAccessException)
        {
            Problem = $"{PathOf(plugin)} cannot be read: {e.Message}; the plugin starts as on a fresh node";
            return null;
        }
    }

    public void Keep(string plugin, PluginConfiguration configuration)
    {
        var writer = new WireWriter();
        writer.Byte(Format);
        ConfigurationCodec.Write(writer, configuration);
        var path = PathOf(plugin);
        try
        {
            if (File.Exists(path) && File.ReadAllBytes(path).AsSpan().SequenceEqual(writer.Written.Span))
            {
                return;
            }
            DurableFile.Write(path, file => file.Write(writer.Written.Span));
            Problem = null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Problem =
                $"{path} cannot be written: {e.Message}; a file that goes bad while the agent restarts would count as on a fresh node";
        }
    }

    public void Forget(string plugin) => File.Delete(PathOf(plugin));

    private string PathOf(string plugin) => Path.Combine(stateDirectory, $"configuration.{plugin}");
}
