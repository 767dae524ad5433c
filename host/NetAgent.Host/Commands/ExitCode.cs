namespace NetAgent.Host.Commands;

/// <summary>What the process says when it ends; docs/cli.md lists them.</summary>
internal static class ExitCode
{
    /// <summary>Done; for <c>plan</c>: nothing to change; for <c>status</c>: healthy.</summary>
    public const int Success = 0;

    /// <summary>Something could not be done; standard error says what.</summary>
    public const int Failed = 1;

    /// <summary><c>plan</c>: there are changes. <c>check</c>: something is not as it should be.</summary>
    public const int Differences = 2;

    /// <summary>The agent's configuration is not valid.</summary>
    public const int ConfigurationInvalid = 3;

    /// <summary>Another agent works on this node.</summary>
    public const int AlreadyRunning = 4;

    /// <summary><c>status</c>: no agent answers.</summary>
    public const int NotRunning = 5;

    /// <summary>The command line makes no sense (sysexits.h EX_USAGE).</summary>
    public const int Usage = 64;
}
