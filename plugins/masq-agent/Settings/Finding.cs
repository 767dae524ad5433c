using NetAgent.Contracts;

namespace NetAgent.Plugins.MasqAgent.Settings;

/// <summary>Something found in a configuration.</summary>
/// <param name="Severity">How much it matters.</param>
/// <param name="Reason">Makes it a notice for as long as the configuration is in force; null for the configuration's report only.</param>
/// <param name="Source">The file, <c>config</c> or <c>args</c>.</param>
/// <param name="Path">The key or flag.</param>
/// <param name="Line">Line from 1, or 0.</param>
/// <param name="Message">Value, what is wrong, what would be right.</param>
/// <param name="Refuses">The source cannot be used.</param>
internal sealed record Finding(Severity Severity, string? Reason, string Source, string Path, int Line, string Message, bool Refuses)
{
    public ConfigurationProblem ToProblem() => new()
    {
        Severity = Refuses ? Severity.Error : Severity == Severity.Information ? Severity.Information : Severity.Warning,
        Source = Source,
        Path = Path,
        Line = Line,
        Message = Message,
    };

    public Notice ToNotice() => new(Severity, Reason ?? "Configuration", ToProblem().ToString());
}

/// <summary>Findings about one source, in the order they were made.</summary>
internal sealed class Findings(string source)
{
    private readonly List<Finding> _all = [];

    public string Source => source;

    public IReadOnlyList<Finding> All => _all;

    public bool Refused => _all.Exists(f => f.Refuses);

    public void Refuse(string path, int line, string message) =>
        _all.Add(new(Severity.Error, null, source, path, line, message, Refuses: true));

    public void Warn(string reason, string path, int line, string message) =>
        _all.Add(new(Severity.Warning, reason, source, path, line, message, Refuses: false));

    public void Inform(string path, int line, string message) =>
        _all.Add(new(Severity.Information, null, source, path, line, message, Refuses: false));
}
