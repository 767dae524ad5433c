using NetAgent.Contracts;
using NetAgent.Plugins.Ipvs.Configuration;

namespace NetAgent.Plugins.Ipvs;

/// <summary>Programs Services as kube-proxy's IPVS mode does, from its own configuration file.</summary>
public sealed class IpvsPlugin : IDataplanePlugin
{
    private IpvsConfiguration? _configuration;
    private Proxier _proxier = new(IpvsConfiguration.Default);

    /// <inheritdoc/>
    public ConfigurationResult Configure(PluginConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var (read, problems) = ConfigurationReader.Read(configuration);
        if (!problems.Any(problem => problem.IsError) && read != _configuration)
        {
            _configuration = read;
            _proxier = new Proxier(read, _proxier.Node);
        }
        var inForce = _configuration ?? IpvsConfiguration.Default;
        return new ConfigurationResult
        {
            Problems = problems,
            Claims = IpvsClaims.For(inForce),
            Observations = IpvsClaims.Observations,
            Period = inForce.SyncPeriod,
            VerifyPeriod = inForce.SyncPeriod,
            MinimumPeriod = inForce.MinSyncPeriod,
        };
    }

    /// <inheritdoc/>
    public void Reconcile(ReconcileInput input, ISlice slice, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(slice);
        _proxier.Reconcile(input, slice, cancellationToken);
    }
}
