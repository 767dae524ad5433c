using NetAgent.Contracts;

namespace NetAgent.Plugins.Shared.Configuration;

/// <summary>What one source of configuration has wrong, or worth a word.</summary>
internal sealed class Problems(string source)
{
    private readonly List<ConfigurationProblem> _found = [];

    public string Source => source;

    public bool HasErrors => _found.Exists(problem => problem.IsError);

    /// <summary>By line; what concerns the whole source first.</summary>
    public IReadOnlyList<ConfigurationProblem> InOrder => [.. _found.OrderBy(problem => problem.Line)];

    /// <summary>The source is refused.</summary>
    public void Error(string path, int line, string message) => _found.Add(new()
    {
        Severity = Severity.Error,
        Source = source,
        Path = path,
        Line = line,
        Message = message,
    });

    /// <summary>Perhaps not meant: somebody should look.</summary>
    public void Warn(string path, int line, string message) => _found.Add(new()
    {
        Severity = Severity.Warning,
        Source = source,
        Path = path,
        Line = line,
        Message = message,
    });

    /// <summary>As it should be, and without effect here; nobody has to do anything.</summary>
    public void Inform(string path, int line, string message) => _found.Add(new()
    {
        Severity = Severity.Information,
        Source = source,
        Path = path,
        Line = line,
        Message = message,
    });
}
