using NetAgent.Plugins.MetallbArp;
using NetAgent.Plugins.Tests;

namespace NetAgent.MetallbArp.Tests;

/// <summary>What docs/metallb-arp.md shows can be copied.</summary>
public sealed class DocumentationTests
{
    [Fact]
    public void Every_example_is_accepted_with_no_key_unknown() => DocumentedExamples.AreAccepted("metallb-arp.md", 2, () => new MetallbArpPlugin());
}
