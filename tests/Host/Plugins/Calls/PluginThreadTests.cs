using NetAgent.Host.Plugins.Calls;

namespace NetAgent.Host.Tests.Plugins.Calls;

public sealed class PluginThreadTests
{
    [Fact]
    public async Task A_thread_may_be_let_go_the_moment_that_its_call_is_over_and_again()
    {
        for (var i = 0; i < 200; i++)
        {
            using var thread = new PluginThread("test");
            Assert.Equal(i, await thread.Call(() => i));
            thread.Dispose();
        }
    }
}
