using NetAgent.Contracts;

namespace NetAgent.Plugins.Ipvs.Configuration;

/// <summary>What is wrong, or worth a word, in one source of configuration.</summary>
internal sealed class ProblemList(string source, ISet<string> told)
{
    private readonly List<ConfigurationProblem> _problems = [];

    public IEnumerable<ConfigurationProblem> InOrder => _problems.OrderBy(problem => problem.Line);

    public void Error(string path, int line, string message) => _problems.Add(new ConfigurationProblem
    {
        Severity = Severity.Error,
        Source = source,
        Path = path,
        Line = line,
        Message = message,
    });

    /// <summary>Something that is as it should be and yet has no effect here; said once in the plugin's life.</summary>
    public void Unused(string path, int line, string message)
    {
        if (told.Add($"{source}\n{path}\n{message}"))
        {
            Warning(path, line, message);
        }
    }

    public void Warning(string path, int line, string message) => _problems.Add(new ConfigurationProblem
    {
        Severity = Severity.Warning,
        Source = source,
        Path = path,
        Line = line,
        Message = message,
    });
}
