using NetAgent.Contracts;

namespace NetAgent.Host.Isolation.Wire;

/// <summary>What a plugin owns and what it wants to see.</summary>
internal static class ClaimsCodec
{
    public static void Write(WireWriter writer, PluginClaims claims)
    {
        writer.List(claims.VirtualServers, static (to, claim) =>
        {
            to.Text(claim.Set);
            ValueCodec.Write(to, claim.Range);
        });
        writer.Boolean(claims.IpvsTimeouts);
        ValueCodec.Write(writer, claims.VirtualServerExclusions);
        ValueCodec.Write(writer, claims.Links);
        ValueCodec.Write(writer, claims.IpSets);
        writer.List(claims.Chains, static (to, claim) =>
        {
            to.Text(claim.Table);
            to.Text(claim.Pattern);
        });
        writer.List(claims.Jumps, static (to, claim) =>
        {
            to.Text(claim.Table);
            to.Text(claim.Parent);
            to.Text(claim.Target);
        });
        ValueCodec.Write(writer, claims.Sysctls);
        ValueCodec.Write(writer, claims.Files);
        writer.Boolean(claims.HealthCheckPorts);
    }

    public static PluginClaims ReadClaims(ref WireReader reader) => new()
    {
        VirtualServers = reader.Array(ReadVirtualServers),
        IpvsTimeouts = reader.Boolean(),
        VirtualServerExclusions = ValueCodec.ReadPrefixes(ref reader),
        Links = ValueCodec.ReadTexts(ref reader),
        IpSets = ValueCodec.ReadTexts(ref reader),
        Chains = reader.Array(static (ref from) => new ChainClaim(from.RequiredText(), from.RequiredText())),
        Jumps = reader.Array(static (ref from) => new JumpClaim(from.RequiredText(), from.RequiredText(), from.RequiredText())),
        Sysctls = ValueCodec.ReadTexts(ref reader),
        Files = ValueCodec.ReadTexts(ref reader),
        HealthCheckPorts = reader.Boolean(),
    };

    private static VirtualServerClaim ReadVirtualServers(ref WireReader reader) => (reader.Text(), ValueCodec.ReadPrefix(ref reader)) switch
    {
        ({ Length: > 0 } set, _) => VirtualServerClaim.InSet(set),
        (_, { IsNone: false } range) => VirtualServerClaim.Within(range),
        _ => VirtualServerClaim.All,
    };

    public static void Write(WireWriter writer, Observations wanted)
    {
        writer.Boolean(wanted.Links);
        ValueCodec.Write(writer, wanted.Sysctls);
        writer.Boolean(wanted.Conntrack);
        ValueCodec.Write(writer, wanted.IptablesTables);
        writer.Boolean(wanted.IpvsSchedulers);
        ValueCodec.Write(writer, wanted.Labels);
        ValueCodec.Write(writer, wanted.Annotations);
        writer.Boolean(wanted.ForeignAddresses);
    }

    public static Observations ReadObservations(ref WireReader reader) => new()
    {
        Links = reader.Boolean(),
        Sysctls = ValueCodec.ReadTexts(ref reader),
        Conntrack = reader.Boolean(),
        IptablesTables = ValueCodec.ReadTexts(ref reader),
        IpvsSchedulers = reader.Boolean(),
        Labels = ValueCodec.ReadTexts(ref reader),
        Annotations = ValueCodec.ReadTexts(ref reader),
        ForeignAddresses = reader.Boolean(),
    };
}
