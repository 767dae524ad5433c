using NetAgent.Host.Commands;
using NetAgent.Host.Composition;
using NetAgent.Host.Configuration;
using NetAgent.Host.Tests.Fakes;

namespace NetAgent.Host.Tests.Commands;

/// <summary>What run --once and plan say of what is in order and yet not what the files and the cluster ask for.</summary>
public sealed class OnceAndPlanTests : IDisposable
{
    private readonly Rig _rig = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public OnceAndPlanTests()
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

    [Fact]
    public async Task Once_over_something_that_cannot_be_read_programs_the_rest_removes_nothing_and_exits_1()
    {
        AddUnread();

        Assert.Equal(ExitCode.Failed, await Invoke("run", "--once"));

        Assert.Equal("1", _rig.Dataplane.Kernel["net/sample"]);
        Assert.True(_rig.Dataplane.Withheld.Services);
        // Notices, which have the reasons, are in the log, which is on standard error, too.
        Assert.Equal("could not be read (the log says why): web.yaml, Service default/db\n", _error.ToString());
    }

    [Fact]
    public async Task Once_with_a_silent_log_says_itself_why_something_could_not_be_read()
    {
        AddUnread();
        _rig.Configure("plugins: [{name: steady}]\nmetricsBindAddress: ''\nhealthzBindAddress: ''\nlogging: {level: error}");

        Assert.Equal(ExitCode.Failed, await Invoke("run", "--once"));

        Assert.Equal(
            """
            could not be read: web.yaml, Service default/db:
              web.yaml, document 2: line 4: tabs are no indentation
            2 rows of the kernel that nobody asks for stay, for what could not be read may own them (web.yaml, Service default/db): virtual servers: 10.96.0.9:80/TCP, addresses: 10.96.0.9 on kube-ipvs0

            """, _error.ToString());
    }

    [Theory]
    [InlineData("run", "--once")]
    [InlineData("plan")]
    public async Task What_was_left_out_of_an_object_is_exit_1(params string[] command)
    {
        _rig.Dataplane.Kernel["net/sample"] = "1";
        _rig.Cluster.IsReadInPart = true;
        _rig.Cluster.Notices = [new(Contracts.Severity.Warning, "PartLeftOut", "EndpointSlice default/web: endpoints[1]: 'x' is no address; this endpoint is left out")];

        Assert.Equal(ExitCode.Failed, await Invoke(command));

        Assert.Contains("a part of the cluster", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Once_finishes_the_read_back_of_what_it_wrote_however_short_the_time()
    {
        Assert.Equal(ExitCode.Success, await Invoke("run", "--once", "--within", "1us"));

        Assert.Equal(["verify", "verify"], _rig.Dataplane.Calls.Where(call => call is "verify" or "sync"));
        Assert.Empty(_error.ToString());
    }

    [Fact]
    public async Task Once_on_a_kernel_without_IPVS_does_not_wait_for_it()
    {
        _rig.Plugins.Add("Mirror");
        _rig.Configure("plugins: [{name: steady}, {name: mirror}]\nmetricsBindAddress: ''\nhealthzBindAddress: ''");
        _rig.Dataplane.Capabilities = _rig.Dataplane.Capabilities with { Ipvs = false };

        Assert.Equal(ExitCode.Failed, await Invoke("run", "--once", "--within", "10m").WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken));

        Assert.Contains("  plugin mirror is BackOff: this kernel has no IPVS", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal("1", _rig.Dataplane.Kernel["net/sample"]);
    }

    [Fact]
    public async Task Names_that_hold_new_lines_and_escapes_stay_on_their_line()
    {
        _rig.Cluster.Unread = new() { Services = [new("default", "a\nINF all is in\u001b[31m")] };

        Assert.Equal(ExitCode.Failed, await Invoke("plan"));
        Assert.Equal(ExitCode.Failed, await Invoke("run", "--once"));

        Assert.DoesNotContain('\u001b', _error.ToString());
        Assert.DoesNotContain(_error.ToString().Split('\n'), line => line.StartsWith("INF", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Plan_over_a_refused_configuration_says_so_once_in_words_and_JSON_and_exits_1()
    {
        _rig.Plugins.Add("MetallbArp", "metallb-arp");
        _rig.Configure("plugins: [{name: metallb-arp, config: {mode: interface}}]");

        Assert.Equal(ExitCode.Failed, await Invoke("plan"));
        Assert.EndsWith("; what metallb-arp would change is not known\n", _output.ToString(), StringComparison.Ordinal);
        Assert.Single(_error.ToString().Split('\n'), line => line.Contains("'interface'", StringComparison.Ordinal));
        Assert.Contains("plugin metallb-arp: configuration refused, nothing of it is in force: ", _error.ToString(), StringComparison.Ordinal);

        _output.GetStringBuilder().Clear();
        Assert.Equal(ExitCode.Failed, await Invoke("plan", "-o", "json"));
        Assert.Contains("\"change\": \"unknown\"", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("\"reason\": \"configuration refused", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Once_names_what_lost_to_an_older_claim_which_is_no_failure_as_in_status()
    {
        _rig.Dataplane.Failed.Add(new("steady", "virtual servers", "10.96.0.10:53/UDP", "conflict", 0, "Service default/dns claimed it earlier", 0)
        {
            Kind = Dataplane.FailureKind.Conflict,
        });

        Assert.Equal(ExitCode.Success, await Invoke("run", "--once"));

        Assert.Equal("steady: virtual servers 10.96.0.10:53/UDP: conflict: Service default/dns claimed it earlier\n", _error.ToString());
    }

    [Fact]
    public async Task A_plan_over_something_that_cannot_be_read_shows_what_is_withheld_and_exits_1()
    {
        AddUnread();

        Assert.Equal(ExitCode.Failed, await Invoke("plan"));

        Assert.Matches("withheld +virtual servers +10.96.0.9:80/TCP", _output.ToString());
        Assert.Contains("1 removal withheld, for what could not be read may own the rows", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("could not be read: web.yaml, Service default/db:", _error.ToString(), StringComparison.Ordinal);

        _output.GetStringBuilder().Clear();
        Assert.Equal(ExitCode.Failed, await Invoke("plan", "-o", "json"));
        Assert.Contains("\"change\": \"withheld\"", _output.ToString().Replace("\":\"", "\": \"", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    private void AddUnread()
    {
        _rig.Cluster.Unread = new() { Places = ["web.yaml"], Services = [new("default", "db")] };
        _rig.Cluster.Notices = [new(Contracts.Severity.Warning, "SourceProblem", "web.yaml, document 2: line 4: tabs are no indentation")];
    }

    private Task<int> Invoke(params string[] arguments)
    {
        string[] tail = ["--config", _rig.ConfigPath];
        return CommandLine.InvokeAsync([.. arguments, .. tail], Backends());
    }

    private Backends Backends() => new()
    {
        OpenDataplane = _ => _rig.Dataplane,
        OpenCluster = (_, _, _) => _rig.Cluster,
        ReadFile = ConfigurationFiles.Read,
        Output = _output,
        Error = _error,
    };
}
