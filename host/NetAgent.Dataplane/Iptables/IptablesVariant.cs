using System.Globalization;
using NetAgent.Contracts;

namespace NetAgent.Dataplane.Iptables;

/// <summary>The kernel interface behind a set of iptables tools.</summary>
internal enum IptablesBackend
{
    /// <summary>nf_tables.</summary>
    Nft,

    /// <summary>x_tables.</summary>
    Legacy,
}

/// <summary>The iptables tools to use for one family.</summary>
/// <param name="Family">iptables or ip6tables.</param>
/// <param name="Backend">Which kernel interface they speak.</param>
/// <param name="Save">Path of the save tool.</param>
/// <param name="Restore">Path of the restore tool.</param>
/// <param name="Version">Their version; 0.0 when they do not say.</param>
internal sealed record IptablesVariant(IpFamily Family, IptablesBackend Backend, string Save, string Restore, Version Version)
{
    /// <summary>MASQUERADE takes --random-fully (1.6.2).</summary>
    public bool SupportsRandomFully => Version >= new Version(1, 6, 2);

    /// <summary>restore takes -w and -W (1.6.2).</summary>
    public bool SupportsRestoreWait => Version >= new Version(1, 6, 2);
}

/// <summary>
/// Finds the tools that write where the rest of the node writes, as Kubernetes' iptables-wrapper does (kubernetes-sigs/iptables-wrappers,
/// version 2): where the kubelet's hint chains are; else where more rules are, nft on a tie. Both families use one back end.
/// Beyond the wrapper, a back end that this kernel does not have is never chosen.
/// </summary>
internal sealed class IptablesVariantFinder(IIptablesProcess process)
{
    // What legacy tools say without CAP_NET_RAW (or CAP_NET_ADMIN), of tables that are there.
    internal const string MayNotList = "you must be root";

    private static readonly string[] HintChains = [":KUBE-IPTABLES-HINT ", ":KUBE-KUBELET-CANARY "];
    private static readonly IpFamily[] Families = [IpFamily.IPv4, IpFamily.IPv6];

    /// <summary>The tools for a family, or null where none are installed or none work.</summary>
    public IptablesVariant? Find(IpFamily family)
    {
        var nft = Tools(family, IptablesBackend.Nft);
        var legacy = Tools(family, IptablesBackend.Legacy);
        if (nft is null || legacy is null)
        {
            return nft ?? legacy ?? Plain(family);
        }
        return Choose() == IptablesBackend.Nft ? nft : legacy;
    }

    /// <summary>The tools of the back end that was not chosen; null where there are none.</summary>
    public IptablesVariant? FindOther(IptablesVariant chosen) =>
        Tools(chosen.Family, chosen.Backend == IptablesBackend.Nft ? IptablesBackend.Legacy : IptablesBackend.Nft);

    private IptablesBackend Choose()
    {
        // mangle alone is cheap in nft; legacy must not be asked by table, since asking creates it.
        if (Save(IptablesBackend.Nft, "-t", "mangle").Any(HasHint))
        {
            return IptablesBackend.Nft;
        }
        var legacy = Save(IptablesBackend.Legacy);
        // Rules that may be there and cannot be seen: to go by the others could write where packets do not come. Legacy's failures say what
        // it takes.
        if (legacy.Any(MayNotBeListed) || legacy.Any(HasHint))
        {
            return IptablesBackend.Legacy;
        }
        var nftRules = Save(IptablesBackend.Nft).Sum(CountRules);
        if (legacy.Sum(CountRules) > nftRules)
        {
            return IptablesBackend.Legacy;
        }
        return nftRules > 0 || KernelHasNft() ? IptablesBackend.Nft : IptablesBackend.Legacy;
    }

    // Of both families, as far as there are tools.
    private ProcessResult[] Save(IptablesBackend backend, params string[] arguments) =>
        [.. Families.Select(family => Tools(family, backend)).OfType<IptablesVariant>()
            .Select(tools => process.Run(tools.Save, arguments, ""))];

    private static bool HasHint(ProcessResult listing) =>
        Lines(listing).Any(line => HintChains.Any(hint => line.StartsWith(hint, StringComparison.Ordinal)));

    private static bool MayNotBeListed(ProcessResult listing) =>
        listing.ExitCode != 0 && listing.Error.Contains(MayNotList, StringComparison.Ordinal);

    private static int CountRules(ProcessResult listing) => Lines(listing).Count(line => line.StartsWith('-'));

    // A family or back end that cannot be listed holds no rules to go by.
    private static string[] Lines(ProcessResult listing) => listing.ExitCode == 0 ? listing.Output.Split('\n') : [];

    // Without nf_tables' IPv4 family the nft tools list nothing and exit 0; only a write tells. It leaves no chain behind.
    private bool KernelHasNft() => Tools(IpFamily.IPv4, IptablesBackend.Nft) is { } tools
        && process.Run(tools.Restore, ["--noflush"], "*mangle\n:NETAGENT-PROBE - [0:0]\n-X NETAGENT-PROBE\nCOMMIT\n").ExitCode == 0;

    private IptablesVariant? Tools(IpFamily family, IptablesBackend backend) =>
        Tools(family, backend, backend == IptablesBackend.Nft ? "-nft" : "-legacy");

    private IptablesVariant? Plain(IpFamily family) => Tools(family, null, "");

    private IptablesVariant? Tools(IpFamily family, IptablesBackend? backend, string suffix)
    {
        var name = (family == IpFamily.IPv6 ? "ip6tables" : "iptables") + suffix;
        if (process.Find(name + "-save") is not { } save || process.Find(name + "-restore") is not { } restore)
        {
            return null;
        }
        var (version, saysNft) = VersionOf(restore);
        return new(family, backend ?? (saysNft ? IptablesBackend.Nft : IptablesBackend.Legacy), save, restore, version);
    }

    // "iptables-restore v1.8.9 (nf_tables)"; before 1.8 there was no parenthesis, and no nft.
    private (Version Version, bool SaysNft) VersionOf(string restore)
    {
        var text = process.Run(restore, ["--version"], "").Output;
        return (ParseVersion(text), text.Contains("nf_tables", StringComparison.Ordinal));
    }

    internal static Version ParseVersion(string text)
    {
        var start = text.IndexOf(" v", StringComparison.Ordinal);
        if (start < 0)
        {
            return new(0, 0);
        }
        var digits = text[(start + 2)..].TakeWhile(c => char.IsAsciiDigit(c) || c == '.').ToArray();
        var parts = new string(digits).Split('.', StringSplitOptions.RemoveEmptyEntries)
            .Select(p => int.Parse(p, NumberStyles.None, CultureInfo.InvariantCulture))
            .Concat([0, 0, 0])
            .ToArray();
        return new(parts[0], parts[1], parts[2]);
    }
}
