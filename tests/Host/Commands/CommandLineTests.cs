using NetAgent.Host.Commands;
using NetAgent.Host.Composition;
using NetAgent.Host.Configuration;
using NetAgent.Host.State;
using NetAgent.Host.Tests.Fakes;

namespace NetAgent.Host.Tests.Commands;

public sealed class CommandLineTests : IDisposable
{
    private readonly Rig _rig = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public CommandLineTests()
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
    public async Task Once_programs_the_kernel_and_exits_0_when_a_second_read_finds_nothing_to_do()
    {
        Assert.Equal(ExitCode.Success, await Invoke("run", "--once"));

        Assert.Equal("1", _rig.Dataplane.Kernel["net/sample"]);
        Assert.Equal(["verify", "verify"], _rig.Dataplane.Calls.Where(call => call is "verify" or "sync"));
        Assert.True(_rig.Dataplane.IsDisposed);
    }

    [Fact]
    public async Task Once_lists_the_rows_that_did_not_go_in_and_exits_1()
    {
        _rig.Dataplane.Failed.Add(new("steady", "sysctls", "net/sample", "write", 30, "Read-only file system", 3));

        Assert.Equal(ExitCode.Failed, await Invoke("run", "--once", "--within", "300ms"));

        Assert.Contains("steady: sysctls net/sample: write: Read-only file system (errno 30, 3 attempts)", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Once_names_the_plugin_that_does_not_run()
    {
        _rig.Configure("plugins: [{name: steady}, {name: missing}]");

        Assert.Equal(ExitCode.Failed, await Invoke("run", "--once", "--within", "300ms"));

        Assert.Contains("plugin missing is Refused: there is no folder", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal("1", _rig.Dataplane.Kernel["net/sample"]);
    }

    [Theory]
    [InlineData("MetallbArp", "metallb-arp", "mode: nonsense", ExitCode.Failed, "configuration refused, nothing of it is in force: ")]
    [InlineData("ConntrackTuner", "conntrack-tuner", "sysctls: {net.netfilter.nf_conntrack_max: -1}", ExitCode.Failed, "configuration refused, nothing of it is in force: ")]
    [InlineData("MasqAgent", "masq-agent", "nonMasqueradeCIDRs: [10.0.0.1/8]", ExitCode.Failed, "configuration refused, defaults or the last good one are in force: ")]
    public async Task Once_exits_1_over_a_refused_configuration_whether_defaults_are_in_force_or_nothing(string sample, string name, string config, int code, string said)
    {
        _rig.Plugins.Add(sample, name);
        _rig.Configure($$"""
            plugins: [{name: steady}, {name: {{name}}, config: { {{config}} } }]
            metricsBindAddress: ''
            healthzBindAddress: ''
            """);

        Assert.Equal(code, await Invoke("run", "--once", "--within", "20s"));

        Assert.Contains($"plugin {name}: {said}", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal("1", _rig.Dataplane.Kernel["net/sample"]);
    }

    [Fact]
    public async Task Once_without_a_Node_says_which_name_it_looked_for()
    {
        _rig.Cluster.SetNode(null);

        Assert.Equal(ExitCode.Failed, await Invoke("run", "--once", "--within", "300ms", "--node-name", "Node-7"));

        Assert.Contains("there is no Node 'node-7' among them (--node-name)", _error.ToString(), StringComparison.Ordinal);
        Assert.Empty(_rig.Dataplane.Kernel);
    }

    [Theory]
    [InlineData("node")]
    [InlineData("folder")]
    [InlineData("plugin")]
    public async Task Once_does_not_wait_for_what_cannot_come(string missing)
    {
        _rig.Cluster.IsLocal = true;
        switch (missing)
        {
            case "node":
                _rig.Cluster.SetNode(null);
                break;
            case "folder":
                _rig.Cluster.IsComplete = false;
                _rig.Cluster.Notices = [new(Contracts.Severity.Warning, "SourceProblem", "/nowhere: there is no such file or folder")];
                break;
            default:
                _rig.Configure("plugins: [{name: steady}, {name: missing}]");
                break;
        }

        Assert.Equal(ExitCode.Failed, await Invoke("run", "--once", "--within", "10m").WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken));

        Assert.Contains(missing switch
        {
            "node" => "among them (--node-name)",
            "folder" => "/nowhere: there is no such file or folder",
            _ => "plugin missing is Refused",
        }, _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_agent_on_the_node_says_so_and_exits_4()
    {
        using var first = NodeLock.TryTake(Path.Combine(_rig.Folder, "state"), out _);

        Assert.Equal(ExitCode.AlreadyRunning, await Invoke("run", "--once"));
        Assert.Equal(ExitCode.AlreadyRunning, await Invoke("cleanup"));

        Assert.StartsWith($"another agent (process {Environment.ProcessId}) works on this node", _error.ToString(), StringComparison.Ordinal);
        Assert.Contains($"it holds {_rig.Folder}/state/lock", _error.ToString(), StringComparison.Ordinal);
        Assert.Empty(_rig.Dataplane.Calls);
    }

    [Fact]
    public async Task A_configuration_that_is_not_valid_exits_3_and_names_the_place()
    {
        _rig.Configure("verifyPeriod: never");

        Assert.Equal(ExitCode.ConfigurationInvalid, await Invoke("run", "--once"));

        Assert.Contains("agent.yaml:6: verifyPeriod: 'never' is not a duration", _error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run", "--onec")]
    [InlineData("run", "--once", "--within", "soon")]
    [InlineData("explain", "sample", "--from", "10.0.0.1", "--to", "everywhere")]
    [InlineData("explain", "sample", "--from", "10.0.0.1", "--to", "fd00::1")]
    [InlineData("fly")]
    public async Task A_command_line_that_makes_no_sense_exits_64(params string[] arguments)
    {
        Assert.Equal(ExitCode.Usage, await CommandLine.InvokeAsync(arguments, Backends()));
    }

    [Fact]
    public async Task Plan_lists_what_would_change_exits_2_and_writes_nothing()
    {
        Assert.Equal(ExitCode.Differences, await Invoke("plan"));

        Assert.Empty(_rig.Dataplane.Kernel);
        Assert.DoesNotContain(_rig.Dataplane.Calls, call => call is "sync" or "verify");
        Assert.False(Directory.Exists(Path.Combine(_rig.Folder, "state")), "plan left something in the state directory");
        Assert.Equal(
            """
            CHANGE  TABLE    KEY         PLUGIN  BEFORE  AFTER
            add     sysctls  net/sample  steady          1
            1 change

            """, _output.ToString());
    }

    [Fact]
    public async Task Plan_of_a_kernel_that_is_as_wanted_exits_0()
    {
        _rig.Dataplane.Kernel["net/sample"] = "1";

        Assert.Equal(ExitCode.Success, await Invoke("plan"));

        Assert.Equal("the kernel is as wanted\n", _output.ToString());
    }

    [Fact]
    public async Task Plan_does_not_call_a_kernel_as_wanted_of_which_a_refused_plugin_says_nothing()
    {
        _rig.Dataplane.Kernel["net/sample"] = "1";
        _rig.Configure("plugins: [{name: steady}, {name: missing}]");

        Assert.Equal(ExitCode.Failed, await Invoke("plan"));
        Assert.Equal("nothing to change for what is in force; what missing would change is not known\n", _output.ToString());

        _output.GetStringBuilder().Clear();
        Assert.Equal(ExitCode.Failed, await Invoke("plan", "-o", "json"));
        Assert.Contains("\"change\": \"unknown\"", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("\"plugin\": \"missing\"", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_ends_with_exit_1_where_the_cluster_is_followed_no_longer()
    {
        _rig.Cluster.Following = Task.FromException(new InvalidOperationException("a bug"));
        _rig.Configure("plugins: [{name: steady}]\nmetricsBindAddress: \"\"\nhealthzBindAddress: \"\"");

        Assert.Equal(ExitCode.Failed, await Invoke("run").WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Cleanup_of_a_plugin_that_nobody_knows_exits_64()
    {
        Assert.Equal(ExitCode.Usage, await Invoke("cleanup", "--plugin", "nosuch"));
        Assert.Equal("--plugin nosuch: no plugin of that name is configured or has written to this kernel; known are steady\n", _error.ToString());
        Assert.Empty(_output.ToString());

        Assert.Equal(ExitCode.Success, await Invoke("cleanup", "--plugin", "steady"));
    }

    [Theory]
    [InlineData("run", "--once")]
    [InlineData("cleanup")]
    [InlineData("plan")]
    [InlineData("plugins")]
    [InlineData("explain", "masquerade", "--from", "10.0.0.1", "--to", "10.0.0.2")]
    public async Task A_state_directory_that_others_may_write_is_refused_with_exit_1(params string[] command)
    {
        var state = Directory.CreateDirectory(Path.Combine(_rig.Folder, "state")).FullName;
        File.SetUnixFileMode(state, (UnixFileMode)Convert.ToInt32("1777", 8));

        Assert.Equal(ExitCode.Failed, await Invoke(command));

        Assert.Contains($"stateDirectory {state} is not safe to work in", _error.ToString(), StringComparison.Ordinal);
        Assert.Empty(_rig.Dataplane.Kernel);
    }

    [Fact]
    public async Task Plan_runs_beside_the_agent()
    {
        using var running = NodeLock.TryTake(Path.Combine(_rig.Folder, "state"), out _);

        Assert.Equal(ExitCode.Differences, await Invoke("plan", "-o", "json"));

        Assert.Contains("\"change\": \"add\"", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Plan_gives_up_soon_where_the_API_server_cannot_be_reached_and_says_why()
    {
        var kubeconfig = Path.Combine(_rig.Folder, "kubeconfig");
        await File.WriteAllTextAsync(kubeconfig, """
            current-context: c
            contexts: [{name: c, context: {cluster: k} }]
            clusters: [{name: k, cluster: {server: "https://127.0.0.1:1"} }]
            """, TestContext.Current.CancellationToken);
        var watch = System.Diagnostics.Stopwatch.StartNew();

        Assert.Equal(ExitCode.Failed, await CommandLine.InvokeAsync(["plan", "--config", _rig.ConfigPath, "--kubeconfig", kubeconfig],
            Backends() with { OpenCluster = RealBackends.Create().OpenCluster }));

        Assert.InRange(watch.Elapsed, TimeSpan.FromSeconds(9), TimeSpan.FromSeconds(20));
        Assert.Contains("the cluster's objects could not be read in full", _error.ToString(), StringComparison.Ordinal);
        Assert.Contains("API server https://127.0.0.1:1/: Connection refused", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cleanup_passes_its_options_on_and_needs_no_plugin()
    {
        _rig.Dataplane.Own("steady", "net/sample", "1");
        Directory.Delete(_rig.Plugins.Path, recursive: true);
        Directory.CreateDirectory(_rig.Plugins.Path);

        Assert.Equal(ExitCode.Success, await Invoke("cleanup", "--kube-proxy"));

        Assert.Contains("cleanup True ", _rig.Dataplane.Calls);
        Assert.Equal("1 row removed or put back\n", _output.ToString());
    }

    [Fact]
    public async Task Cleanup_tries_again_what_the_kernel_does_not_let_go_of_yet_and_fails_when_it_never_does()
    {
        _rig.Dataplane.Failed.Add(new("sample", "ipsets", "KUBE-CLUSTER-IP", "IPSET_CMD_DESTROY", 16, "Device or resource busy", 1));
        var running = Invoke("cleanup", "--kube-proxy");
        Assert.False(running.IsCompleted);
        _rig.Dataplane.Failed.Clear();
        _rig.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(ExitCode.Success, await running);

        _rig.Dataplane.Failed.Add(new("sample", "ipsets", "KUBE-CLUSTER-IP", "IPSET_CMD_DESTROY", 16, "Device or resource busy", 1));
        running = Invoke("cleanup", "--kube-proxy");
        for (var attempt = 1; attempt < 5; attempt++)
        {
            _rig.Time.Advance(TimeSpan.FromSeconds(2));
        }
        Assert.Equal(ExitCode.Failed, await running);
        Assert.Contains("IPSET_CMD_DESTROY: Device or resource busy (errno 16)", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_without_an_agent_exits_5_and_plugins_lists_the_directory()
    {
        Assert.Equal(ExitCode.NotRunning, await Invoke("status"));

        _rig.Plugins.Add("NewerContract", "newer");
        Assert.Equal(ExitCode.Failed, await Invoke("plugins"));
        Assert.Contains("steady  Off      no agent is running", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("newer   Refused  no agent is running", _output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run")]
    [InlineData("run", "--once")]
    [InlineData("plan")]
    public async Task A_cluster_that_cannot_be_opened_is_said_with_its_file_and_the_exit_code_is_1(params string[] command)
    {
        var backends = Backends() with { OpenCluster = RealBackends.Create().OpenCluster };

        Assert.Equal(ExitCode.Failed, await CommandLine.InvokeAsync([.. command, "--config", _rig.ConfigPath, "--kubeconfig", "/nowhere/kubeconfig"], backends));

        Assert.Equal("the cluster cannot be reached: /nowhere/kubeconfig: there is no such file; give --kubeconfig or --manifests, or run in a pod with a service account\n",
            _error.ToString());
    }

    [Theory]
    [InlineData("run")]
    [InlineData("run", "--once")]
    [InlineData("plan")]
    [InlineData("cleanup")]
    public async Task What_nobody_foresaw_is_told_and_exits_1_too(params string[] command)
    {
        var backends = Backends() with { OpenDataplane = _ => throw new ArgumentOutOfRangeException(nameof(command), "no such kernel") };

        Assert.Equal(ExitCode.Failed, await CommandLine.InvokeAsync([.. command, "--config", _rig.ConfigPath], backends));

        Assert.StartsWith("an error of the agent's own: System.ArgumentOutOfRangeException: no such kernel", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_state_directory_whose_socket_cannot_be_bound_is_named()
    {
        var state = Path.Combine(_rig.Folder, new string('s', 120));
        await File.WriteAllTextAsync(_rig.ConfigPath,
            $"apiVersion: netagent.io/v1alpha1\nkind: NetAgentConfiguration\nstateDirectory: {state}\n", TestContext.Current.CancellationToken);

        Assert.Equal(ExitCode.ConfigurationInvalid, await Invoke("run"));

        Assert.Contains($"{_rig.ConfigPath}:3: stateDirectory: {state} has {state.Length} bytes; the agent's socket in it allows 93", _error.ToString(), StringComparison.Ordinal);
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
