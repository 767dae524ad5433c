using NetAgent.Contracts;
using NetAgent.Host.Isolation.Wire;
using NetAgent.Host.Plugins.Calls;
using NetAgent.Host.Plugins.Discovery;
using NetAgent.Host.Plugins.Loading;

namespace NetAgent.Host.Isolation;

/// <summary>The child's side of the pipe: loads one plugin and answers calls until the host hangs up, which ends the process.</summary>
internal sealed class PluginServer(PluginImage image, FrameStream frames)
{
    /// <summary>The plugin ran out of its memoryLimit.</summary>
    public const int OutOfMemory = 12;

    private readonly WireWriter _answer = new();
    private readonly ReconcileCodec _inputs = new();
    private StagedSlice _mirror = new();

    // Let go when the plugin has used up the rest, so that there is room to say so.
    private byte[]? _reserve = new byte[1 << 20];
    private IDataplanePlugin? _plugin;

    /// <summary>Returns the process' exit code.</summary>
    public int Run()
    {
        // The pipe is read on a thread of its own: when the host is gone, so is this process, whatever the plugin does at that moment.
        using var requests = new RequestQueue(frames);
        try
        {
            Load();
            while (true)
            {
                var (kind, content) = requests.Take();
                Answer(kind, content);
            }
        }
        catch (OutOfMemoryException)
        {
            _plugin = null;
            _reserve = null;
            return OutOfMemory;
        }
    }

    private void Load()
    {
        _answer.Clear();
        try
        {
            GC.KeepAlive(_reserve);
            _plugin = LoadedPlugin.Load(image).Plugin;
            _answer.Text((_plugin as IExplainingPlugin)?.Topic);
            frames.Write(FrameKind.Hello, _answer);
        }
        catch (PluginRefusedException refused)
        {
            _answer.Text(refused.Refusal.Reason);
            _answer.Text(refused.Refusal.Message);
            _answer.Text(refused.Refusal.Fix);
            frames.Write(FrameKind.Refused, _answer);
        }
    }

    private void Answer(FrameKind kind, byte[] content)
    {
        _answer.Clear();
        try
        {
            var reader = new WireReader(content);
            switch (kind)
            {
                case FrameKind.Configure:
                    ConfigurationCodec.Write(_answer, _plugin!.Configure(ConfigurationCodec.ReadConfiguration(ref reader)));
                    break;
                case FrameKind.Reconcile:
                    Reconcile(ref reader);
                    break;
                case FrameKind.Explain:
                    Explain(ref reader);
                    break;
                default:
                    throw new WireException($"the host sent a frame of kind {kind}");
            }
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            _answer.Clear();
            _answer.Text(fault.GetType().Name);
            _answer.Text(ThrownFrom.MessageOf(fault));
            _answer.Text(ThrownFrom.Of(fault));
            kind = FrameKind.Threw;
        }
        frames.Write(kind, _answer);
    }

    private void Reconcile(ref WireReader reader)
    {
        if (reader.Boolean())
        {
            _mirror = new();
        }
        var input = _inputs.Read(ref reader);
        _plugin!.Reconcile(input, new RecordingSlice(_mirror, _answer), CancellationToken.None);
        SliceCodec.WriteEnd(_answer);
    }

    private void Explain(ref WireReader reader)
    {
        var packet = new Packet
        {
            Source = ValueCodec.ReadAddress(ref reader),
            Destination = ValueCodec.ReadAddress(ref reader),
            Protocol = RowCodec.Enumerated<IpProtocol>(reader.Byte()),
            SourcePort = reader.Port(),
            DestinationPort = reader.Port(),
        };
        var explanation = ((IExplainingPlugin)_plugin!).Explain(packet, _inputs.Read(ref reader));
        _answer.Text(explanation.Verdict);
        _answer.Text(explanation.Rule);
        ValueCodec.Write(_answer, explanation.Details);
    }
}
