namespace NetAgent.Dataplane.Tables;

/// <summary>Runs a tool to its end.</summary>
internal interface IToolRunner
{
    /// <summary>The tool's exit code and what it wrote to stderr; null when it is not installed.</summary>
    (int ExitCode, string Error)? Run(string tool, params string[] arguments);
}
