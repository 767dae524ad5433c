using System.Text.Json;
using NetAgent.Host.Commands;
using NetAgent.Host.Configuration;
using NetAgent.Host.Tests.Fakes;

namespace NetAgent.Host.Tests.Commands;

/// <summary>What a person meets who types: help, usage errors, tables.</summary>
public sealed class UsageTests : IDisposable
{
    private readonly Rig _rig = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public UsageTests()
    {
        _rig.Plugins.Add("Steady");
        _rig.Configure("plugins: [{name: steady}]\nmetricsBindAddress: ''\nhealthzBindAddress: ''");
    }

    public void Dispose()
    {
        _rig.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _output.Dispose();
        _error.Dispose();
    }

    [Theory]
    [InlineData("")]
    [InlineData("fly")]
    [InlineData("help fly")]
    [InlineData("run --onec")]
    [InlineData("run --within 5s")]
    [InlineData("run --once --within soon")]
    [InlineData("run --manifests a --kubeconfig b")]
    [InlineData("plan --manifests a --kubeconfig b")]
    [InlineData("plan -o yaml")]
    [InlineData("check")]
    [InlineData("check kernel --config x")]
    [InlineData("check arp --vip everywhere")]
    [InlineData("explain masquerade --from 10.0.0.1")]
    [InlineData("explain masquerade --from 10.0.0.1 --to everywhere")]
    [InlineData("cleanup steady")]
    public async Task A_command_line_that_makes_no_sense_is_told_so_on_standard_error_alone(string line)
    {
        Assert.Equal(ExitCode.Usage, await Invoke(line));

        Assert.Empty(_output.ToString());
        Assert.NotEmpty(_error.ToString());
    }

    [Theory]
    [InlineData("run --within -5s --once", "--within: '-5s' is not a duration such as 60s", "run")]
    [InlineData("plan -o xml", "'xml'", "plan")]
    [InlineData("explain masquerade --from 10.0.0.1 --to 10.0.0.2 --protocol tcp --port 70000", "--port: '70000' is not a port, 1 to 65535", "explain")]
    [InlineData("explain masquerade --from 10.0.0.1 --to 10.0.0.2 --protocol tcp --port 0", "--port: '0' is not a port, 1 to 65535", "explain")]
    [InlineData("run --once=maybe", "maybe", "run")]
    [InlineData("check arp --vip everywhere", "everywhere", "check arp")]
    [InlineData("fly", "fly", "")]
    public async Task A_usage_error_is_one_line_that_names_the_value_and_where_help_is(string line, string says, string command)
    {
        Assert.Equal(ExitCode.Usage, await Invoke(line));

        var lines = _error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.DoesNotContain(lines, row => row.StartsWith("Usage:", StringComparison.Ordinal) || row.StartsWith("Options:", StringComparison.Ordinal));
        Assert.InRange(lines.Length, 2, 8);
        Assert.Contains(says, _error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("System.", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal($"see netagent help {command}".TrimEnd(), lines[^1]);
    }

    [Theory]
    [InlineData("help", "cleanup")]
    [InlineData("--help", "cleanup")]
    [InlineData("help plan", "--manifests")]
    [InlineData("plan --help", "--manifests")]
    [InlineData("help check arp", "--vip")]
    public async Task Help_is_an_answer_however_it_is_asked_for(string line, string about)
    {
        Assert.Equal(ExitCode.Success, await Invoke(line));

        Assert.Contains(about, _output.ToString(), StringComparison.Ordinal);
        Assert.Empty(_error.ToString());
    }

    [Fact]
    public async Task Plan_fits_a_terminal_and_says_what_is_wrong_below_its_table()
    {
        var path = "net/" + string.Concat(Enumerable.Repeat("a-long-path-of-a-sysctl/", 8)) + "value";
        _rig.Configure($$"""
            plugins: [{name: steady, config: {path: {{path}}, value: "{{string.Concat(Enumerable.Repeat("4096 ", 40))}}" } }, {name: missing}]
            metricsBindAddres: ""
            """);
        _rig.Dataplane.Kernel[path] = string.Concat(Enumerable.Repeat("128\t", 40));

        Assert.Equal(ExitCode.Failed, await Invoke("plan --config " + _rig.ConfigPath));

        Assert.All(_output.ToString().Split('\n'), row => Assert.InRange(row.Length, 0, 100));
        Assert.StartsWith("CHANGE ", _output.ToString(), StringComparison.Ordinal);
        Assert.EndsWith("1 change; what missing would change is not known\n", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("plugin missing is Refused: ", _error.ToString(), StringComparison.Ordinal);
        Assert.Contains("warning: agent ConfigurationWarning: ", _error.ToString(), StringComparison.Ordinal);
        Assert.Contains("metricsBindAddres", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Plugins_exits_1_and_says_why_below_the_table_when_one_is_refused()
    {
        Assert.Equal(ExitCode.Success, await Invoke("plugins --config " + _rig.ConfigPath));

        _rig.Plugins.Add("NewerContract", "newer");
        _output.GetStringBuilder().Clear();
        Assert.Equal(ExitCode.Failed, await Invoke("plugins --config " + _rig.ConfigPath));

        Assert.All(_output.ToString().Split('\n'), row => Assert.InRange(row.Length, 0, 100));
        Assert.Contains("\n\nnewer, UnsupportedContract: ", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_kernel_shows_schedulers_to_people_and_programs()
    {
        _rig.Dataplane.Facts = _rig.Dataplane.Facts with { IpvsSchedulers = ["rr", "wrr", "mh"] };

        Assert.Equal(ExitCode.Success, await Invoke("check kernel"));
        Assert.Contains("IPVS schedulers  rr wrr mh\n", _output.ToString(), StringComparison.Ordinal);

        _output.GetStringBuilder().Clear();
        Assert.Equal(ExitCode.Success, await Invoke("check kernel -o json"));
        using var json = JsonDocument.Parse(_output.ToString());
        Assert.Equal(["rr", "wrr", "mh"], json.RootElement.GetProperty("ipvsSchedulers").EnumerateArray().Select(name => name.GetString()));
        Assert.True(json.RootElement.GetProperty("ipvs").GetBoolean());
        Assert.Equal(0, json.RootElement.GetProperty("problems").GetArrayLength());
    }

    [Fact]
    public async Task Check_kernel_names_what_is_missing_and_exits_2()
    {
        _rig.Dataplane.Capabilities = new(false, true, "iptables", null, ["module ip_vs is missing: modprobe ip_vs"]);

        Assert.Equal(ExitCode.Differences, await Invoke("check kernel"));

        Assert.Contains("IPVS             missing", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("modprobe ip_vs", _error.ToString(), StringComparison.Ordinal);
    }

    private Task<int> Invoke(string line) => CommandLine.InvokeAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries), new()
    {
        OpenDataplane = _ => _rig.Dataplane,
        OpenCluster = (_, _, _) => _rig.Cluster,
        ReadFile = ConfigurationFiles.Read,
        Output = _output,
        Error = _error,
    });
}
