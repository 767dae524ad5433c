using NetAgent.Host.Commands;
using NetAgent.Host.Composition;
using NetAgent.Host.Configuration;
using NetAgent.Host.Tests.Fakes;

namespace NetAgent.Host.Tests.Commands;

public sealed class ExplainCommandTests : IDisposable
{
    private readonly Rig _rig = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public ExplainCommandTests()
    {
        _rig.Plugins.Add("Steady");
        _rig.Configure("plugins: [{name: steady}]");
    }

    public void Dispose()
    {
        _rig.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _output.Dispose();
        _error.Dispose();
    }

    [Fact]
    public async Task Explain_asks_the_plugin_that_knows_the_topic_after_a_rehearsal()
    {
        Assert.Equal(ExitCode.Success, await Invoke("explain", "sample", "--from", "10.0.0.1", "--to", "192.0.2.1"));

        Assert.Equal("10.0.0.1 reaches 192.0.2.1 after 1 calls\n", _output.ToString());
        Assert.Empty(_rig.Dataplane.Slices);
    }

    [Fact]
    public async Task Explain_answers_programs_in_JSON()
    {
        Assert.Equal(ExitCode.Success, await Invoke("explain", "sample", "--from", "10.0.0.1", "--to", "192.0.2.1", "-o", "json"));

        using var json = System.Text.Json.JsonDocument.Parse(_output.ToString());
        Assert.Equal("10.0.0.1 reaches 192.0.2.1 after 1 calls", json.RootElement.GetProperty("verdict").GetString());
        Assert.Equal(System.Text.Json.JsonValueKind.Array, json.RootElement.GetProperty("details").ValueKind);
    }

    [Theory]
    [InlineData("inProcess")]
    [InlineData("process")]
    public async Task Explain_hands_protocol_and_ports_to_the_plugin(string isolation)
    {
        _rig.Configure($"plugins: [{{name: steady, isolation: {isolation}}}]");
        Assert.Equal(ExitCode.Success, await Invoke(
            "explain", "sample", "--from", "10.0.0.1", "--to", "192.0.2.1", "--protocol", "udp", "--port", "53", "--source-port", "40000"));

        Assert.Contains("  Udp 40000 to 53\n", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Explain_of_an_unknown_topic_says_who_would_know()
    {
        Assert.Equal(ExitCode.Failed, await Invoke("explain", "weather", "--from", "10.0.0.1", "--to", "192.0.2.1"));

        Assert.Contains("no configured plugin explains 'weather'", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_without_a_protocol_makes_no_sense() =>
        Assert.Equal(ExitCode.Usage, await Invoke("explain", "sample", "--from", "10.0.0.1", "--to", "192.0.2.1", "--port", "53"));

    private Task<int> Invoke(params string[] arguments) => CommandLine.InvokeAsync([.. arguments, "--config", _rig.ConfigPath], new Backends
    {
        OpenDataplane = _ => _rig.Dataplane,
        OpenCluster = (_, _, _) => _rig.Cluster,
        ReadFile = ConfigurationFiles.Read,
        Output = _output,
        Error = _error,
    });
}
