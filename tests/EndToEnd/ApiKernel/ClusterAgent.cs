using System.Globalization;
using NetAgent.TestKit;
using NetAgent.TestKit.Api;

namespace NetAgent.EndToEnd.Tests.ApiKernel;

/// <summary>The built agent with a kubeconfig for the service account of deploy/, and nothing beyond its ClusterRole.</summary>
internal sealed class ClusterAgent : IDisposable
{
    internal const string Space = "netagent", Node = "node-1";

    // Not the default, which an agent of another test may hold.
    private const int MetricsPort = 10349;

    private readonly string _folder = Directory.CreateTempSubdirectory("netagent-apikernel-").FullName;
    private readonly HttpClient _metrics = new() { BaseAddress = new($"http://127.0.0.1:{MetricsPort}/") };
    private readonly string _kubeconfig;
    private RunningAgent? _running;

    private ClusterAgent(string kubeconfig) => _kubeconfig = kubeconfig;

    internal RunningAgent Running => _running ?? throw new InvalidOperationException("not started");

    internal bool IsRunning => _running is not null;

    /// <summary>Null while it runs, and where a test ended it.</summary>
    internal string? TakeDeath()
    {
        if (_running is not { HasExited: true } dead)
        {
            return null;
        }
        _running = null;
        using (dead)
        {
            return dead.Death;
        }
    }

    private string Configuration => Path.Combine(_folder, "agent.yaml");

    /// <summary>Creates Node, namespace and rights as deploy/ has them, and gets a token.</summary>
    internal static async Task<ClusterAgent> PrepareAsync(RealApiServer server)
    {
        await server.SendAsync(HttpMethod.Post, "api/v1/nodes", $$"""
            {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "{{Node}}"}, "spec": {"podCIDR": "10.244.1.0/24"},
             "status": {"addresses": [{"type": "InternalIP", "address": "192.0.2.11"}]} }
            """);
        // Sent as they are, document by document: kubectl takes most of a minute in an emulated kernel.
        foreach (var document in ((string[])["namespace.yaml", "base/rbac.yaml"])
            .SelectMany(file => File.ReadAllText($"{RepositoryRoot.Path}/deploy/kustomize/{file}").Split("---\n", StringSplitOptions.RemoveEmptyEntries)))
        {
            var kind = document.Split('\n').First(l => l.StartsWith("kind: ", StringComparison.Ordinal))[6..].Trim();
            await server.SendAsync(HttpMethod.Post, kind switch
            {
                "Namespace" => "api/v1/namespaces",
                "ServiceAccount" => $"api/v1/namespaces/{Space}/serviceaccounts",
                "ClusterRole" => "apis/rbac.authorization.k8s.io/v1/clusterroles",
                "ClusterRoleBinding" => "apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
                _ => throw new InvalidOperationException($"where does a {kind} go?"),
            }, document, "application/yaml");
        }
        var token = await server.TokenAsync(Space, "netagent", DateTimeOffset.MaxValue.AddYears(-7000));
        return new(server.WriteKubeconfig("agent.conf", $"{{token: {token}}}"));
    }

    internal void Configure(string plugins = "- {name: ipvs, config: {clusterCIDR: 10.244.0.0/16}}", string more = "")
    {
        File.WriteAllText(Configuration + ".new", $"""
            apiVersion: netagent.io/v1alpha1
            kind: NetAgentConfiguration
            stateDirectory: {_folder}/state
            cluster: {"{"}kubeconfig: {_kubeconfig}{"}"}
            metricsBindAddress: 127.0.0.1:{MetricsPort}
            healthzBindAddress: ""
            logging: {"{"}level: debug{"}"}
            {more}
            plugins:
            {plugins}
            """);
        File.Move(Configuration + ".new", Configuration, overwrite: true);
    }

    internal void Start() => _running = Agent.Start("--config", Configuration, "--node-name", Node);

    internal void Stop()
    {
        Assert.Equal(0, Running.Stop());
        _running = null;
    }

    /// <summary>Value of a metric, summed over its labels; those that hold <paramref name="label"/> only.</summary>
    internal async Task<double> MetricAsync(string name, string label = "") =>
        Sum(await _metrics.GetStringAsync("metrics"), name, label);

    internal static double Sum(string metrics, string name, params string[] labels) => metrics.Split('\n')
        .Where(l => (l.StartsWith(name + " ", StringComparison.Ordinal) || l.StartsWith(name + "{", StringComparison.Ordinal))
            && labels.All(label => l.Contains(label, StringComparison.Ordinal)))
        .Sum(l => double.Parse(l[(l.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));

    internal void CleanUp()
    {
        var (code, output, error) = Agent.Run("cleanup", "--config", Configuration);
        Assert.True(code == 0, $"netagent cleanup: exit {code}\n{output}{error}");
    }

    /// <summary>What <c>netagent status</c> says, well or not.</summary>
    internal string Status() => Agent.Run("status", "-o", "json", "--config", Configuration).Output;

    public void Dispose()
    {
        _running?.Dispose();
        _metrics.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
