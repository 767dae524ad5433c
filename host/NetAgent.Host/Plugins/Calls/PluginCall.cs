using NetAgent.Contracts;
using NetAgent.Host.Plugins.Discovery;
using NetAgent.Host.Plugins.Loading;
using NetAgent.Plugins.Shared.Configuration;

namespace NetAgent.Host.Plugins.Calls;

/// <summary>A call did not return within its deadline. <see cref="Late"/> ends when it returns after all.</summary>
internal sealed class PluginWedgedException(string what, TimeSpan deadline, Task late)
    : TimeoutException($"{what} did not return within {GoDuration.ToText(deadline)}")
{
    public Task Late { get; } = late;
}

/// <summary>Calls into a plugin's code on the plugin's thread, with a deadline.</summary>
internal sealed class PluginCall(PluginThread thread, TimeProvider time, TimeSpan deadline)
{
    /// <summary>Called when a call was not waited for any longer.</summary>
    public Action? GivenUp { get; set; }

    public Task<ConfigurationResult> ConfigureAsync(IDataplanePlugin plugin, PluginConfiguration configuration) =>
        WithinAsync("Configure", thread.Call(() => plugin.Configure(configuration)), null);

    /// <summary>The slice takes no write any more once this returned or threw.</summary>
    public async Task<bool> ReconcileAsync(IDataplanePlugin plugin, ReconcileInput input, GuardedSlice guard)
    {
        using var cancellation = new CancellationTokenSource();
        var token = cancellation.Token;
        var call = thread.Call(() =>
        {
            plugin.Reconcile(input, guard, token);
            return true;
        });
        return await WithinAsync("Reconcile", call, () =>
        {
            guard.Close();
            cancellation.Cancel();
        });
    }

    public Task<Explanation> ExplainAsync(IExplainingPlugin plugin, Packet packet, ReconcileInput input) =>
        WithinAsync("Explain", thread.Call(() => plugin.Explain(packet, input)), null);

    public Task<LoadedPlugin> LoadAsync(PluginImage image) =>
        WithinAsync("its constructor", thread.Call(() => LoadedPlugin.Load(image)), null);

    private async Task<T> WithinAsync<T>(string what, Task<T> call, Action? giveUp)
    {
        try
        {
            return await call.WaitAsync(deadline, time);
        }
        catch (TimeoutException) when (!call.IsCompleted)
        {
            giveUp?.Invoke();
            GivenUp?.Invoke();
            throw new PluginWedgedException(what, deadline, call);
        }
    }
}
