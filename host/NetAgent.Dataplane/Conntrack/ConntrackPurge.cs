using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;

namespace NetAgent.Dataplane.Conntrack;

/// <summary>A virtual server and the real servers that may still answer for it.</summary>
internal readonly record struct LiveServer(VirtualServerKey Server, IReadOnlySet<(InetAddress Address, ushort Port)> RealServers);

/// <summary>What a purge did.</summary>
/// <param name="Deleted">Entries deleted.</param>
/// <param name="Failures">What the kernel would not delete, and why.</param>
internal sealed record PurgeReport(int Deleted, IReadOnlyList<string> Failures);

/// <summary>
/// Deletes connection tracking entries that still lead to real servers that are gone, so that a UDP client which keeps its source port
/// reaches a living one. IPVS' own connection table cannot be edited: expire_nodest_conn drops there what has no real server any more (from
/// Linux 5.9 at once and with its conntrack entry; before, on the next packet).
/// </summary>
internal sealed class ConntrackPurge(NetlinkConnection connection)
{
    /// <summary>Purges one virtual server; see <see cref="Purge(IReadOnlyCollection{LiveServer})"/>.</summary>
    public PurgeReport Purge(VirtualServerKey server, IReadOnlySet<(InetAddress Address, ushort Port)> liveRealServers) =>
        Purge([new LiveServer(server, liveRealServers)]);

    /// <summary>
    /// Deletes entries to these virtual servers whose answers do not come from a live real server. An entry that was never redirected (made
    /// while the service had no endpoints) goes as soon as there is a live one. One dump per family and protocol, however many servers.
    /// </summary>
    /// <exception cref="KernelException">The table cannot be listed.</exception>
    public PurgeReport Purge(IReadOnlyCollection<LiveServer> servers)
    {
        var stale = new List<ConntrackEntry>();
        foreach (var group in servers.GroupBy(s => (s.Server.Address.Family, s.Server.Protocol)))
        {
            var live = new Dictionary<(InetAddress Address, ushort Port), IReadOnlySet<(InetAddress Address, ushort Port)>>();
            foreach (var server in group)
            {
                live[(server.Server.Address, server.Server.Port)] = server.RealServers;
            }
            var question = new ConntrackQuestion(group.Key.Family, group.Key.Protocol, live.Count == 1 ? live.Keys.Single() : null);
            stale.AddRange(List(question).Where(e => IsStale(e, group.Key.Protocol, live)));
        }
        return Delete(stale);
    }

    /// <summary>The entries of a protocol, all of them or those to one address and port.</summary>
    /// <exception cref="KernelException">The table cannot be listed.</exception>
    public IReadOnlyList<ConntrackEntry> List(ConntrackQuestion question)
    {
        try
        {
            return Dump(question);
        }
        catch (KernelException e) when (question.UseFilter && e.Errno is Errno.Invalid or Errno.NotSupported)
        {
            return Dump(question with { UseFilter = false });
        }
    }

    private List<ConntrackEntry> Dump(ConntrackQuestion question) => connection.Ask(
        ConntrackCommand.Get.Spell(), question, ConntrackQuestion.Write, () => new List<ConntrackEntry>(),
        (message, entries) =>
        {
            // Kernels before 5.8 ignore the filter and list everything; the filter's word is never taken for it.
            var entry = ConntrackEntry.Read(message);
            if (question.Covers(entry))
            {
                entries.Add(entry);
            }
        });

    private static bool IsStale(
        ConntrackEntry entry, IpProtocol protocol,
        Dictionary<(InetAddress Address, ushort Port), IReadOnlySet<(InetAddress Address, ushort Port)>> servers) =>
        entry.Original.Protocol == (byte)protocol
        && entry.Original.IsComplete
        && servers.TryGetValue((entry.Original.Target, entry.Original.TargetPort), out var live)
        && (entry.IsRedirected ? !live.Contains((entry.Reply.Source, entry.Reply.SourcePort)) : live.Count > 0);

    private PurgeReport Delete(List<ConntrackEntry> stale)
    {
        var failures = connection.Send(stale, ConntrackEntry.WriteDelete);
        // It ended by itself meanwhile.
        var refused = failures.Where(f => f.Errno != Errno.NoEntry).ToList();
        return new(stale.Count - failures.Count,
            [.. refused.Select(f => $"{ConntrackCommand.Delete.Spell()} {stale[f.Index].Original}: {f.Describe()}")]);
    }
}
