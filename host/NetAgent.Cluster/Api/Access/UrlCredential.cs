using System.Net;

namespace NetAgent.Cluster.Api.Access;

/// <summary>The user and password that a URL may hold: shown to whom it leads to, and to nobody else.</summary>
internal static class UrlCredential
{
    /// <summary>Null where the URL has none.</summary>
    public static NetworkCredential? Of(Uri url)
    {
        if (url.UserInfo.Length == 0)
        {
            return null;
        }
        var parts = url.UserInfo.Split(':', 2);
        return new(Uri.UnescapeDataString(parts[0]), parts.Length == 2 ? Uri.UnescapeDataString(parts[1]) : "");
    }

    /// <summary>The URL as it is used and shown.</summary>
    public static Uri Without(Uri url) => url.UserInfo.Length == 0 ? url : new UriBuilder(url) { UserName = "", Password = "" }.Uri;

    /// <summary>What is no URL, for messages: user and password stand before the last @.</summary>
    public static string Hide(string? written) => written?.LastIndexOf('@') is >= 0 and var at ? "…" + written[at..] : written ?? "";
}
