using NetAgent.Plugins.ConntrackTuner;
using NetAgent.Plugins.Tests;

namespace NetAgent.ConntrackTuner.Tests;

/// <summary>What docs/conntrack-tuner.md shows can be copied.</summary>
public sealed class DocumentationTests
{
    [Fact]
    public void Every_example_is_accepted_with_no_key_unknown() => DocumentedExamples.AreAccepted("conntrack-tuner.md", 2, () => new ConntrackTunerPlugin());
}
