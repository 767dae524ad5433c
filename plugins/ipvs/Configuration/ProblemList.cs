using NetAgent.Contracts;

namespace NetAgent.Plugins.Ipvs.Configuration;

/// <summary>What is wrong, or worth a word, in one source of configuration.</summary>
internal sealed class ProblemList(string source)
{
    private readonly List<ConfigurationProblem> _problems = [];

    public IEnumerable<ConfigurationProblem> InOrder => _problems.OrderBy(problem => problem.Line);

    public void Error(string path, int line, string message) => _problems.Add(new ConfigurationProblem(true, source, path, line, message));

    public void Warning(string path, int line, string message) => _problems.Add(new ConfigurationProblem(false, source, path, line, message));
}
