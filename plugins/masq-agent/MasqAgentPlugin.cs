using NetAgent.Contracts;
using NetAgent.Plugins.MasqAgent.Explain;
using NetAgent.Plugins.MasqAgent.Flags;
using NetAgent.Plugins.MasqAgent.Rules;
using NetAgent.Plugins.MasqAgent.Settings;
using NetAgent.Plugins.Shared.Configuration;

namespace NetAgent.Plugins.MasqAgent;

/// <summary>
/// Does what ip-masq-agent v2.12.6 does, from its configuration file and its flags: traffic that leaves the node gets the node's address,
/// but for the ranges that the configuration leaves alone.
/// </summary>
public sealed class MasqAgentPlugin : IDataplanePlugin, IExplainingPlugin
{
    private const string Scope = "masquerade";

    /// <summary>More often than this nothing is gained, for drift is reported by the host; less often than daily is never.</summary>
    private static readonly (TimeSpan Shortest, TimeSpan Longest) PeriodBounds = (TimeSpan.FromSeconds(1), TimeSpan.FromDays(1));

    private readonly SortedSet<string> _chainsOnce = new(StringComparer.Ordinal) { MasqFlags.DefaultChain };
    private readonly HashSet<string> _written = new(StringComparer.Ordinal);
    private MasqSettings _settings = MasqSettings.DefaultsFor(MasqFlags.Default);
    private IReadOnlyDictionary<string, ConfigurationFile> _goodFiles = new Dictionary<string, ConfigurationFile>();
    private IReadOnlyList<Finding> _lasting = [];
    private Notice? _refusal;
    private Node? _lastNode;
    private bool _hasAccepted;

    /// <inheritdoc/>
    public string Topic => "masquerade";

    /// <inheritdoc/>
    public ConfigurationResult Configure(PluginConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var arguments = new Problems("args");
        var flags = FlagReader.Read(configuration.Arguments, arguments);
        var read = SettingsReader.Read(configuration, flags, _goodFiles);
        List<Finding> findings = [.. arguments.InOrder.Select(problem => new Finding(problem)), .. read.Findings,
            .. read.Settings is null ? [] : SettingsReview.Review(read.Settings)];
        if (!arguments.HasErrors && read.Settings is not null)
        {
            Accept(read.Settings, read.GoodFiles, findings);
        }
        else
        {
            Refuse(flags, read.Settings, findings);
        }
        var period = TimeSpan.FromTicks(
            Math.Clamp(_settings.ResyncInterval.Ticks, PeriodBounds.Shortest.Ticks, PeriodBounds.Longest.Ticks));
        return new()
        {
            Problems = [.. findings.Select(f => f.Problem)],
            BadFiles = read.BadFiles,
            UsesDefaults = !_hasAccepted && _settings.Flags.IsChainKnown,
            Claims = Claims(),
            Observations = new() { Links = true, IptablesTables = ["nat"] },
            Period = period,
            VerifyPeriod = period,
        };
    }

    /// <inheritdoc/>
    public void Reconcile(ReconcileInput input, ISlice slice, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(slice);
        cancellationToken.ThrowIfCancellationRequested();
        if (!_settings.Flags.IsChainKnown)
        {
            return;
        }
        var rows = new RowSet();
        if (_refusal is not null)
        {
            rows.Notices.Add(_refusal);
        }
        KeepOffForeignChains(input.Facts);
        if (MasqWish.From(_settings, _lasting, WithLastNode(input)) is { } wish)
        {
            wish.WriteTo(rows);
            _written.Add(_settings.Flags.Chain);
        }
        else
        {
            rows.Notices.Add(new(Severity.Warning, "NodeUnknown",
                "podCIDRsOnly needs spec.podCIDRs of this Node, which is not known yet; nothing is masqueraded until it is"));
        }
        slice.Replace(Scope, rows);
    }

    /// <inheritdoc/>
    public Explanation Explain(Packet packet, ReconcileInput input)
    {
        ArgumentNullException.ThrowIfNull(packet);
        ArgumentNullException.ThrowIfNull(input);
        return new MasqExplainer(_settings, WithLastNode(input)).Explain(packet);
    }

    /// <summary>
    /// A chain of somebody else is not taken over: a claim would empty it, and cleanup delete it. Claims are taken with the rows of this
    /// call, so one that fails leaves the kernel and what is wanted of it as they were.
    /// </summary>
    private void KeepOffForeignChains(NodeFacts facts)
    {
        var chain = _settings.Flags.Chain;
        if (_written.Contains(chain) || ForeignChain.Find(facts, chain) is not { } found)
        {
            return;
        }
        _chainsOnce.Remove(chain);
        throw new InvalidOperationException($"--masq-chain={chain}: this chain is somebody else's: {found}. Nothing is written to it; name another chain, or delete that one");
    }

    private void Accept(MasqSettings settings, IReadOnlyDictionary<string, ConfigurationFile> goodFiles, List<Finding> findings)
    {
        _settings = settings;
        _goodFiles = goodFiles;
        _lasting = [.. findings.Where(f => f.Reason is not null)];
        _refusal = null;
        _hasAccepted = true;
        _chainsOnce.Add(settings.Flags.Chain);
    }

    /// <summary>
    /// ip-masq-agent ends at a bad flag and the node goes without. Here what is good holds on a node that never had better: the good flags,
    /// and the file where that is good. Only a chain that is not known is not guessed.
    /// </summary>
    private void Refuse(MasqFlags flags, MasqSettings? settings, List<Finding> findings)
    {
        var bad = findings.Where(f => f.Problem.IsError).ToList();
        if (!_hasAccepted)
        {
            _settings = settings ?? MasqSettings.DefaultsFor(flags);
            _lasting = settings is null ? [] : [.. findings.Where(f => f.Reason is not null)];
            _chainsOnce.Add(flags.Chain);
        }
        var (reason, outcome) = _hasAccepted ? ("ConfigurationRefused", "the last good configuration stays in force")
            : settings is not null ? ("FlagRefused", "the other flags and the configuration are in force; this one counts as not given")
            : ("DefaultsInForce",
                "no configuration was ever good here, so the defaults are in force:"
                + $" {string.Join(", ", _settings.NonMasqueradeCidrs.Select(r => r.Prefix))} and link-local keep their source, all else"
                + " is masqueraded");
        const int shown = 3;
        var more = bad.Count > shown ? $"; and {bad.Count - shown} more" : "";
        _refusal = new(Severity.Error, reason, $"{string.Join("; ", bad.Take(shown).Select(f => f.Problem))}{more} ({outcome})");
    }

    /// <summary>A Node that was deleted, or is out of sight, still has the pods it had: its last pod CIDRs hold.</summary>
    private ReconcileInput WithLastNode(ReconcileInput input)
    {
        _lastNode = input.Cluster.Node ?? _lastNode;
        return input with { Cluster = input.Cluster with { Node = _lastNode } };
    }

    /// <summary>
    /// Every chain of this process' past is claimed and so removed when it is no longer wanted, as is ip-masq-agent's own under another
    /// --masq-chain; a jump is claimed by its target, so one with the comment of an older release is replaced, not doubled.
    /// </summary>
    private PluginClaims Claims() => new()
    {
        Chains = _chainsOnce.Select(c => new ChainClaim("nat", c)).ToEquatableArray(),
        Jumps = _chainsOnce.Select(c => new JumpClaim("nat", RuleText.JumpParent, c)).ToEquatableArray(),
    };
}
