using NetAgent.Cluster;
using NetAgent.Contracts;
using NetAgent.Host.Configuration;
using NetAgent.Host.Isolation.Wire;
using NetAgent.Host.Plugins.Discovery;

namespace NetAgent.Host.Isolation;

/// <summary>
/// A plugin in a process of its own, as the supervisor sees any plugin. The process starts with the first call and again with the first
/// call after it ended; it then gets the last accepted configuration, the present one where that is another, and the whole state. Calls
/// come from the plugin's thread.
/// </summary>
internal sealed class IsolatedPlugin(string executable, PluginImage image, PluginIsolation isolation) : IDataplanePlugin, IExplainingPlugin,
    IDisposable
{
    private readonly WireWriter _question = new();
    private readonly Lock _gate = new();
    private ReconcileCodec _inputs = new();
    private PluginProcess? _process;
    private PluginConfiguration? _accepted;
    private PluginConfiguration? _present;
    private bool _isGivenUp;
    private bool _isDisposed;

    /// <summary>What the plugin explains; empty for nothing, and before the first call.</summary>
    public string Topic { get; private set; } = "";

    /// <summary>How often the process was started.</summary>
    public int Starts { get; private set; }

    public ConfigurationResult Configure(PluginConfiguration configuration)
    {
        var process = Running(out _);
        var result = Configure(process, configuration);
        if (result.IsAccepted || (_accepted is null && result.UsesDefaults))
        {
            _accepted = GoodFiles.Of(configuration, result.BadFiles, _accepted);
        }
        _present = configuration;
        return result;
    }

    public void Reconcile(ReconcileInput input, ISlice slice, CancellationToken cancellationToken)
    {
        var process = Running(out var hadEnded);
        // What the plugin knew went with its process: only a call that asks for everything can be answered.
        if (hadEnded is not null && !input.Changed.Everything)
        {
            throw hadEnded;
        }
        _question.Clear();
        _question.Boolean(slice.Scopes.Count == 0);
        _inputs.Write(_question, input);
        var content = Ask(process, FrameKind.Reconcile);
        Read(content, (ref reader) =>
        {
            SliceCodec.Replay(ref reader, slice);
            return true;
        });
    }

    public Explanation Explain(Packet packet, ReconcileInput input)
    {
        var process = Running(out _);
        _question.Clear();
        ValueCodec.Write(_question, packet.Source);
        ValueCodec.Write(_question, packet.Destination);
        _question.Byte((byte)packet.Protocol);
        _question.Number(packet.SourcePort);
        _question.Number(packet.DestinationPort);
        _inputs.Write(_question, input);
        return Read(Ask(process, FrameKind.Explain), static (ref reader) =>
            new Explanation(reader.RequiredText()) { Rule = reader.Text(), Details = ValueCodec.ReadTexts(ref reader) });
    }

    /// <summary>Ends a call that is in progress, or about to start its process. From any thread.</summary>
    public void GiveUp()
    {
        lock (_gate)
        {
            _isGivenUp = true;
            _process?.Kill();
        }
    }

    /// <summary>Takes calls again.</summary>
    public void Resume()
    {
        lock (_gate)
        {
            _isGivenUp = false;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _process?.Dispose();
            _process = null;
        }
    }

    private PluginProcess Running(out PluginProcessException? hadEnded)
    {
        hadEnded = null;
        if (_process is { HasExited: false } running)
        {
            return running;
        }
        hadEnded = _process?.Ended();
        var process = Start();
        _inputs = new();
        Greet(process);
        if (_accepted is not null)
        {
            if (Configure(process, _accepted) is { IsAccepted: false, UsesDefaults: false } refused)
            {
                throw new PluginProcessException(
                    $"after a restart it refuses the configuration that it had accepted: {string.Join("; ", refused.Problems)}");
            }
            if (_present is not null && _present != _accepted)
            {
                // For what it has to say: its notices about what is bad went with the process too.
                Configure(process, _present);
            }
        }
        return process;
    }

    private PluginProcess Start()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_isGivenUp)
            {
                throw new PluginProcessException("its process was not started: the call was given up before");
            }
            _process?.Dispose();
            Starts++;
            return _process = PluginProcess.Start(executable, image, isolation);
        }
    }

    private void Greet(PluginProcess process)
    {
        var (kind, content) = process.Answer();
        switch (kind)
        {
            case FrameKind.Hello:
                Topic = Read(content, static (ref reader) => reader.Text()) ?? "";
                break;
            case FrameKind.Refused:
                throw new PluginRefusedException(Read(content, (ref reader) =>
                    new PluginRefusal(image.Name, reader.RequiredText(), reader.RequiredText(), reader.RequiredText())));
            default:
                throw Nonsense($"a frame of kind {(int)kind} where a greeting belongs");
        }
    }

    private ConfigurationResult Configure(PluginProcess process, PluginConfiguration configuration)
    {
        _question.Clear();
        ConfigurationCodec.Write(_question, configuration);
        var result = Read(Ask(process, FrameKind.Configure), ConfigurationCodec.ReadResult);
        _inputs.Keep(MetadataWish.Of([result.Observations]));
        return result;
    }

    private ReadOnlyMemory<byte> Ask(PluginProcess process, FrameKind question)
    {
        var (kind, content) = process.Ask(question, _question);
        if (kind == FrameKind.Threw)
        {
            throw Read(content, static (ref reader) =>
                new PluginThrewException(reader.RequiredText(), reader.RequiredText(), reader.Text()));
        }
        return kind == question ? content : throw Nonsense($"a frame of kind {(int)kind} where {question} belongs");
    }

    private T Read<T>(ReadOnlyMemory<byte> content, ReadItem<T> read)
    {
        var reader = new WireReader(content.Span);
        try
        {
            return read(ref reader);
        }
        catch (WireException nonsense)
        {
            throw Nonsense(nonsense.Message);
        }
    }

    private PluginProcessException Nonsense(string what)
    {
        _process?.Kill();
        return new($"its process sent nonsense ({what}) and was ended");
    }
}

/// <summary>The plugin threw in its process.</summary>
internal sealed class PluginThrewException(string type, string message, string? place) : Exception(message)
{
    /// <summary>The exception's type there.</summary>
    public string Type { get; } = type;

    /// <summary>Where in the plugin; null where the trace does not say.</summary>
    public string? Place { get; } = place;
}
