using System.Globalization;
using NetAgent.Contracts;

namespace NetAgent.Dataplane.Ownership;

/// <summary>Between the state and its document.</summary>
internal static class StateText
{
    public static StateDocument Write(AgentState state, string bootId)
    {
        var document = new StateDocument { Version = StateDocument.CurrentVersion, BootId = bootId };
        var servers = state.VirtualServers.ToLookup(s => s.Value, s => s.Key.ToString());
        var files = state.Files.ToLookup(f => f.Value, f => f.Key);
        var sysctls = state.Sysctls.ToLookup(s => s.Value.Plugin);
        foreach (var (plugin, claims) in state.Plugins)
        {
            var saved = sysctls[plugin].ToDictionary(s => s.Key, s => new SysctlSection(s.Value.Previous, s.Value.Written, s.Value.Link));
            document.Plugins[plugin] = new PluginSection
            {
                Claims = Write(claims),
                Sysctls = saved.Count == 0 ? null : new(saved, StringComparer.Ordinal),
                IpvsTimeouts = state.Timeouts is { } timeouts && timeouts.Plugin == plugin
                    ? new(Write(timeouts.Previous), Write(timeouts.Written))
                    : null,
                Files = OrNull(files[plugin].Order(StringComparer.Ordinal)),
                VirtualServers = OrNull(servers[plugin].Order(StringComparer.Ordinal)),
            };
        }
        return document;
    }

    /// <summary>Reads a document. After a reboot the kernel has none of it any more but the files.</summary>
    /// <exception cref="FormatException">A value has no meaning.</exception>
    public static AgentState Read(StateDocument document, string bootId)
    {
        var state = new AgentState();
        var sameBoot = document.BootId == bootId;
        foreach (var (plugin, section) in document.Plugins)
        {
            state.SetPlugin(plugin, Read(section.Claims));
            foreach (var path in section.Files ?? [])
            {
                state.SetFile(path, plugin);
            }
            if (!sameBoot)
            {
                continue;
            }
            foreach (var (path, sysctl) in section.Sysctls ?? [])
            {
                state.SetSysctl(path, new(plugin, sysctl.Previous, sysctl.Written, sysctl.Link));
            }
            if (section.IpvsTimeouts is { } timeouts)
            {
                state.SetTimeouts(new(plugin, ReadTimeouts(timeouts.Previous), ReadTimeouts(timeouts.Written)));
            }
            foreach (var server in section.VirtualServers ?? [])
            {
                state.AddVirtualServer(ReadServer(server), plugin);
            }
        }
        if (sameBoot)
        {
            state.MarkSaved();
        }
        return state;
    }

    private static ClaimSection Write(PluginClaims claims) => new()
    {
        VirtualServers = !claims.VirtualServers.IsEmpty,
        VirtualServerParts = claims.VirtualServers.Contains(VirtualServerClaim.All) ? null : OrNull(claims.VirtualServers.Select(Write)),
        IpvsTimeouts = claims.IpvsTimeouts,
        VirtualServerExclusions = OrNull(claims.VirtualServerExclusions.Select(p => p.ToString())),
        Links = OrNull(claims.Links),
        IpSets = OrNull(claims.IpSets),
        Chains = OrNull(claims.Chains.Select(c => $"{c.Table} {c.Pattern}")),
        Jumps = OrNull(claims.Jumps.Select(j => $"{j.Table} {j.Parent} {j.Target}")),
        Sysctls = OrNull(claims.Sysctls),
        Files = OrNull(claims.Files),
        HealthCheckPorts = claims.HealthCheckPorts,
    };

    private static PluginClaims Read(ClaimSection section) => new()
    {
        VirtualServers = section is { VirtualServers: true, VirtualServerParts: null }
            ? [VirtualServerClaim.All]
            : List(section.VirtualServerParts, ReadPart),
        IpvsTimeouts = section.IpvsTimeouts,
        VirtualServerExclusions = List(section.VirtualServerExclusions, p => InetPrefix.Parse(p)),
        Links = List(section.Links, l => l),
        IpSets = List(section.IpSets, s => s),
        Chains = List(section.Chains, c => Words(c, 2) is var w ? new ChainClaim(w[0], w[1]) : default),
        Jumps = List(section.Jumps, j => Words(j, 3) is var w ? new JumpClaim(w[0], w[1], w[2]) : default),
        Sysctls = List(section.Sysctls, s => s),
        Files = List(section.Files, f => f),
        HealthCheckPorts = section.HealthCheckPorts,
    };

    private static string Write(VirtualServerClaim claim) => claim.Set is { } set ? $"set {set}" : claim.Range.ToString();

    private static VirtualServerClaim ReadPart(string text) => text.Split(' ') is ["set", { Length: > 0 } set]
        ? VirtualServerClaim.InSet(set)
        : VirtualServerClaim.Within(InetPrefix.Parse(text));

    private static uint[] Write(IpvsTimeouts row) => [row.TcpSeconds, row.TcpFinSeconds, row.UdpSeconds];

    private static IpvsTimeouts ReadTimeouts(uint[] seconds) => seconds is [var tcp, var fin, var udp]
        ? new(tcp, fin, udp)
        : throw new FormatException($"ipvsTimeouts: [{string.Join(", ", seconds ?? [])}] is not three numbers of seconds");

    private static VirtualServerKey ReadServer(string text)
    {
        var slash = text.LastIndexOf('/');
        var colon = slash < 0 ? -1 : text.LastIndexOf(':', slash);
        if (colon <= 0
            || !ushort.TryParse(text.AsSpan(colon + 1, slash - colon - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            throw new FormatException($"'{text}' is not a virtual server such as 10.96.0.1:443/TCP");
        }
        var protocol = text[(slash + 1)..] switch
        {
            "TCP" => IpProtocol.Tcp,
            "UDP" => IpProtocol.Udp,
            "SCTP" => IpProtocol.Sctp,
            var other => throw new FormatException($"'{text}': '{other}' is none of TCP, UDP, SCTP"),
        };
        return new(protocol, InetAddress.Parse(text.AsSpan(0, colon).Trim("[]")), port);
    }

    private static string[] Words(string text, int count) => text.Split(' ') is var words && words.Length == count
        ? words
        : throw new FormatException($"'{text}' has not {count} words");

    private static EquatableArray<T> List<T>(string[]? texts, Func<string, T> read)
        where T : IEquatable<T> => texts is null ? default : texts.Select(read).ToEquatableArray();

    private static string[]? OrNull(IEnumerable<string> items) => items.ToArray() is { Length: > 0 } array ? array : null;
}
