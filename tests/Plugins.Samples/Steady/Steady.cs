using System.Globalization;
using NetAgent.Contracts;

namespace Samples;

/// <summary>
/// Wants one sysctl: <c>path</c> (default net/sample) with the value <c>value</c> (default 1). <c>value: bad</c> is refused;
/// <c>value: throw</c> is accepted and throws later. Asks for the annotation <c>annotation</c>, when there is one named. Each call waits for the file <c>until</c>, when there is one named.
/// </summary>
public sealed class Steady : IDataplanePlugin, IExplainingPlugin
{
    private string _path = "net/sample";
    private string _value = "1";
    private string? _until;
    private string? _annotation;
    private int _calls;

    public string Topic => "sample";

    public ConfigurationResult Configure(PluginConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var value = Read(configuration, "value") ?? "1";
        if (value == "bad")
        {
            return Result([new()
            {
                Severity = Severity.Error,
                Source = "config",
                Path = "value",
                Line = 1,
                Message = "'bad' is not a value; write a number",
            }]);
        }
        _value = value;
        _path = Read(configuration, "path") ?? "net/sample";
        _until = Read(configuration, "until");
        _annotation = Read(configuration, "annotation");
        return Result([]);
    }

    public void Reconcile(ReconcileInput input, ISlice slice, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(slice);
        if (_value == "throw")
        {
            throw new InvalidOperationException("told to throw");
        }
        while (_until is not null && !File.Exists(_until))
        {
            Thread.Sleep(10);
        }
        _calls++;
        var rows = new RowSet();
        rows.Sysctls.Add(new(_path, _value));
        rows.Gauges.Add(new("sample_calls", _calls));
        rows.Notices.Add(new(Severity.Information, "Change", string.Create(CultureInfo.InvariantCulture,
            $"everything {input.Changed.Everything}, services {input.Changed.Services.Count}, node {input.Changed.Node}")));
        slice.Replace("all", rows);
    }

    public Explanation Explain(Packet packet, ReconcileInput input) =>
        new($"{packet.Source} reaches {packet.Destination} after {_calls} calls")
        {
            Details = packet.Protocol == IpProtocol.None ? [] : [$"{packet.Protocol} {packet.SourcePort} to {packet.DestinationPort}"],
        };

    private ConfigurationResult Result(IReadOnlyList<ConfigurationProblem> problems) =>
        new() { Problems = problems, Claims = new() { Sysctls = [_path] }, Observations = new() { Annotations = _annotation is null ? [] : [_annotation] } };

    private static string? Read(PluginConfiguration configuration, string key)
    {
        foreach (var file in configuration.Files)
        {
            if (Find(file.Root, key) is { } text)
            {
                return text;
            }
        }
        return Find(configuration.Inline, key);
    }

    private static string? Find(ConfigNode? node, string key) => node?.Entries.FirstOrDefault(entry => entry.Key == key)?.Value.Text;
}
