namespace NetAgent.Dataplane;

/// <summary>Why a wanted row is not in the kernel.</summary>
public enum FailureKind
{
    /// <summary>The kernel refused it.</summary>
    Refused,

    /// <summary>It was not tried: it goes in after <see cref="FailedRow.Key"/>, which is not there.</summary>
    Waiting,

    /// <summary>An older claim has the key.</summary>
    Conflict,
}
