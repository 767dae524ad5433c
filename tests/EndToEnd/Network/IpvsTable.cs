using System.Globalization;
using System.Net;

namespace NetAgent.EndToEnd.Tests.Network;

/// <summary>IPVS as /proc shows it, read without starting a program: in an emulated kernel that costs more than what is to be timed.</summary>
internal static class IpvsTable
{
    internal static bool IsEmpty(NetworkHost host) => !Read(host).Contains("TCP ", StringComparison.Ordinal);

    internal static bool HasServer(NetworkHost host, string address, int port) => Read(host).Contains($"TCP  {Hex(address, port)} ", StringComparison.Ordinal);

    internal static bool HasReal(NetworkHost host, string address, int port) => Read(host).Contains($"-> {Hex(address, port)} ", StringComparison.Ordinal);

    private static string Read(NetworkHost host) => host.Do(() => File.ReadAllText("/proc/thread-self/net/ip_vs"));

    private static string Hex(string address, int port) => $"{Convert.ToHexString(IPAddress.Parse(address).GetAddressBytes())}:{port.ToString("X4", CultureInfo.InvariantCulture)}";
}
