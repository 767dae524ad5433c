namespace NetAgent.Cluster;

/// <summary>What a <see cref="SourceProblem"/> is, as status and events name it.</summary>
public enum ProblemReason
{
    /// <summary>Something that cannot be read or understood.</summary>
    SourceProblem,

    /// <summary>An object that cannot be used; its last good version stays.</summary>
    ObjectRefused,

    /// <summary>A part of an object that cannot be used; the rest of it is.</summary>
    PartLeftOut,

    /// <summary>An object that stands in two files; the later one counts, and nothing is unread.</summary>
    ObjectTwice,

    /// <summary>The API server's certificate is not verified, or it is spoken to in the clear.</summary>
    TlsNotVerified,

    /// <summary>The API server does not answer.</summary>
    ApiServerUnreachable,

    /// <summary>The API server answers and refuses.</summary>
    ApiServerRefuses,
}

/// <summary>What follows from a reason.</summary>
public static class ProblemReasons
{
    /// <summary>Something of the cluster cannot be read or used because of it.</summary>
    public static bool LeavesUnread(this ProblemReason reason) =>
        reason is ProblemReason.SourceProblem or ProblemReason.ObjectRefused or ProblemReason.PartLeftOut;
}
