using NetAgent.Contracts;

namespace NetAgent.Cluster.Objects;

/// <summary>
/// Reads addresses as kube-proxy does (ParseIPSloppy): 010.0.0.1, which objects from before Kubernetes 1.22 may hold, is 10.0.0.1.
/// </summary>
internal static class SloppyAddress
{
    public static InetAddress Parse(ReadOnlySpan<char> text)
    {
        if (InetAddress.TryParse(text, out var address))
        {
            return address;
        }
        if (text.Contains(':') || text.Length > 32)
        {
            return default;
        }
        Span<char> plain = stackalloc char[32];
        var length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var startsPart = i == 0 || text[i - 1] == '.' || (length > 0 && plain[length - 1] == '.') || length == 0;
            var digitFollows = i + 1 < text.Length && char.IsAsciiDigit(text[i + 1]);
            if (!(text[i] == '0' && startsPart && digitFollows))
            {
                plain[length++] = text[i];
            }
        }
        return InetAddress.TryParse(plain[..length], out address) ? address : default;
    }
}
