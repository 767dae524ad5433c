using System.CommandLine;
using NetAgent.Host.Configuration;

namespace NetAgent.Host.Commands;

/// <summary>Options that several commands share.</summary>
internal sealed class CommonOptions
{
    public Option<string?> Config { get; } = new("--config", "-c")
    { Description = "The agent's configuration (NetAgentConfiguration). Without: plugin ipvs with its defaults.", HelpName = "FILE" };

    public Option<string?> Manifests { get; } = new("--manifests")
    { Description = "Kubernetes manifests instead of an API server; watched.", HelpName = "FILE|DIR" };

    public Option<string?> Kubeconfig { get; } = new("--kubeconfig")
    { Description = "How to reach the API server. Without: the pod's service account.", HelpName = "FILE" };

    public Option<string?> NodeName { get; } = new("--node-name")
    { Description = "This node's name. Without: $NODE_NAME, else the host name.", HelpName = "NAME" };

    public Option<string> Output { get; } = new("--output", "-o")
    {
        Description = "table or json.",
        DefaultValueFactory = _ => "table",
        HelpName = "FORMAT"
    };

    public CommonOptions() => Output.AcceptOnlyFromAmong("table", "json");

    /// <summary>The command line over the file.</summary>
    public Func<AgentConfiguration, AgentConfiguration> Overrides(ParseResult line)
    {
        var manifests = line.GetValue(Manifests);
        var kubeconfig = line.GetValue(Kubeconfig);
        return agent => manifests is null && kubeconfig is null ? agent : agent with
        {
            Cluster = agent.Cluster with
            {
                Manifests = manifests is null ? null : Path.GetFullPath(manifests),
                Kubeconfig = kubeconfig is null ? null : Path.GetFullPath(kubeconfig),
            },
        };
    }

    /// <summary>A command line that names both is refused: one of them would be left out without a word.</summary>
    public void RefuseTwoSources(Command command) => command.Validators.Add(result =>
    {
        if (result.GetValue(Manifests) is not null && result.GetValue(Kubeconfig) is not null)
        {
            result.AddError("--manifests and --kubeconfig: the cluster is read from one of them");
        }
    });

    public string Node(ParseResult line)
    {
        var name = line.GetValue(NodeName) ?? Environment.GetEnvironmentVariable("NODE_NAME");
        // As the kubelet does: trimmed and in lower case.
        return (string.IsNullOrWhiteSpace(name) ? Environment.MachineName : name).Trim().ToLowerInvariant();
    }
}
