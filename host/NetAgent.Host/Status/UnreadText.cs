using NetAgent.Dataplane;

namespace NetAgent.Host.Status;

/// <summary>What could not be read and what it holds back, for people.</summary>
internal static class UnreadText
{
    private const int NamesShown = 5;

    public static string Of(IEnumerable<string> unread, WithheldRows withheld) =>
        $"{Counted.Of(withheld.Count, "row")} of the kernel that nobody asks for {Counted.Verb(withheld.Count, "stay")}, for what could not be read may own "
        + $"{(withheld.Count == 1 ? "it" : "them")} ({Some(unread)}): {Some(withheld.First, withheld.Count)}";

    /// <summary>The first few, and that there are more.</summary>
    public static string Some(IEnumerable<string> names, int? count = null)
    {
        var all = names.ToArray();
        return string.Join(", ", all.Take(NamesShown)) + ((count ?? all.Length) > NamesShown ? " …" : "");
    }
}
