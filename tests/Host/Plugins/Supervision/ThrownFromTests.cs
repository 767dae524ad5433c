using NetAgent.Host.Tests.Fakes;

namespace NetAgent.Host.Tests.Plugins.Supervision;

public sealed class ThrownFromTests
{
    [Fact]
    public async Task An_exception_of_a_plugin_is_named_with_the_place_in_the_plugin_that_threw_it()
    {
        await using var rig = new Rig().Configure("plugins: [{name: throws}]");
        rig.Plugins.Add("Throws");
        await rig.RoundAsync();

        Assert.Equal("Reconcile threw InvalidOperationException: this plugin always throws (Samples.Throws.Reconcile)", rig["throws"].LastError);
        Assert.Contains("Error: throws ReconcileFailed: plugin 'throws': Reconcile threw InvalidOperationException: this plugin always throws (Samples.Throws.Reconcile)", rig.Log.Lines);
    }
}
