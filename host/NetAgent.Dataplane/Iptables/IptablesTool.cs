using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;

namespace NetAgent.Dataplane.Iptables;

/// <summary>save and restore of one family.</summary>
internal interface IIptables
{
    IpFamily Family { get; }

    /// <summary>The kernel interface that it speaks.</summary>
    IptablesBackend Backend => IptablesBackend.Nft;

    /// <summary>What the kernel of this family has of matches and targets.</summary>
    XtablesModules Modules { get; }

    /// <summary>A table as it is now; empty where the kernel does not have it yet.</summary>
    /// <exception cref="KernelException">It cannot be read.</exception>
    SavedTable Save(string table);

    /// <summary>Runs restore --noflush; null when all of it went in.</summary>
    /// <exception cref="KernelException">It did not run, or did not get the xtables lock, which is no fault of what was to be
    /// restored.</exception>
    RestoreError? Restore(RestoreText text);
}

/// <inheritdoc cref="IIptables"/>
internal sealed class IptablesTool(IIptablesProcess process, IptablesVariant variant, XtablesLock xtablesLock) : IIptables
{
    // kube-proxy's own waiting time for the xtables lock.
    private static readonly string[] Wait = ["-w", "5", "-W", "100000"];

    public IpFamily Family => variant.Family;

    public IptablesBackend Backend => variant.Backend;

    public XtablesModules Modules { get; } = new("/proc/net", variant.Family);

    public IptablesVariant Variant => variant;

    /// <summary>How often a process was started, for tests and metrics.</summary>
    public long Executions { get; private set; }

    public SavedTable Save(string table)
    {
        Executions++;
        var result = process.Run(variant.Save, ["-t", table], "");
        if (result.ExitCode != 0)
        {
            throw new KernelException(Path.GetFileName(variant.Save), 0,
                $"-t {table}: exit {result.ExitCode}: {WithFix(RestoreError.Clean(result.Error))}");
        }
        return IptablesSave.Parse(result.Output).TryGetValue(table, out var saved) ? saved : SavedTable.Empty(table);
    }

    public RestoreError? Restore(RestoreText text)
    {
        if (Backend == IptablesBackend.Legacy && xtablesLock.IsStillHeld())
        {
            throw xtablesLock.NotTaken("");
        }
        Executions++;
        string[] arguments = variant.SupportsRestoreWait ? ["--noflush", .. Wait] : ["--noflush"];
        var result = process.Run(variant.Restore, arguments, text.ToString());
        var error = result.ExitCode == 0 ? null : RestoreError.Parse(result.ExitCode, result.Error);
        if (error is { IsLock: true })
        {
            throw xtablesLock.NotTaken(error.Message);
        }
        xtablesLock.Taken();
        return error is null ? null : error with { Message = WithFix(error.Message) };
    }

    // They open a raw socket, where nft's open a netlink one.
    private string WithFix(string message) =>
        Backend == IptablesBackend.Legacy && message.Contains(IptablesVariantFinder.MayNotList, StringComparison.Ordinal)
        ? $"{message}; legacy iptables takes CAP_NET_RAW beside CAP_NET_ADMIN (deploy/kustomize/legacy-iptables)"
        : message;
}
