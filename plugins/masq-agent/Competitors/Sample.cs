using NetAgent.Contracts;
using NetAgent.Plugins.MasqAgent.Rules;

namespace NetAgent.Plugins.MasqAgent.Competitors;

/// <summary>Addresses to try rules with.</summary>
internal static class Sample
{
    private static readonly InetAddress[] Public =
        [InetAddress.Parse("8.8.8.8"), InetAddress.Parse("1.1.1.1"), InetAddress.Parse("2001:4860:4860::8888"),
            InetAddress.Parse("2606:4700:4700::1111")];

    /// <summary>An address inside, not the network's own where there is another.</summary>
    public static InetAddress Of(InetPrefix prefix)
    {
        Span<byte> bytes = stackalloc byte[16];
        var network = prefix.Network.Address;
        network.CopyTo(bytes);
        if (prefix.Length < network.BitCount)
        {
            bytes[network.ByteCount - 1] |= 1;
        }
        return InetAddress.FromBytes(bytes[..network.ByteCount]);
    }

    /// <summary>A public address that the chain masquerades, or none.</summary>
    public static InetAddress Outside(MasqChain chain) =>
        Array.Find(Public, a => a.Family == chain.Family && !chain.Rules.Any(r => !r.Masquerades && r.Destination.Contains(a)));
}
