using System.Collections.Concurrent;

namespace NetAgent.Host.Plugins.Calls;

/// <summary>
/// The one thread on which a plugin's code runs, so that a call that never returns holds up nothing but itself: the caller awaits with
/// a deadline and walks away.
/// </summary>
internal sealed class PluginThread : IDisposable
{
    private readonly BlockingCollection<Action> _calls = [];
    private readonly Lock _end = new();
    private bool _isOver;

    public PluginThread(string plugin)
    {
        var thread = new Thread(Run) { Name = $"plugin {plugin}", IsBackground = true };
        thread.Start();
    }

    /// <summary>Queues a call. The task ends when the call does, however long that takes.</summary>
    public Task<T> Call<T>(Func<T> call)
    {
        var completion = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _calls.Add(() =>
        {
            try
            {
                completion.SetResult(call());
            }
            catch (Exception failure)
            {
                completion.SetException(failure);
            }
        });
        return completion.Task;
    }

    /// <summary>Lets the thread end after the calls queued so far.</summary>
    public void Dispose()
    {
        lock (_end)
        {
            if (!_isOver)
            {
                _isOver = true;
                _calls.CompleteAdding();
            }
        }
    }

    private void Run()
    {
        // Take in a method of its own: a local in this frame would keep the last call, and so the plugin's context, alive.
        while (RunNext())
        {
        }
        // The thread may see the end before the one who told it has done telling.
        lock (_end)
        {
            _calls.Dispose();
        }
    }

    private bool RunNext()
    {
        if (!_calls.TryTake(out var call, Timeout.Infinite))
        {
            return false;
        }
        call();
        return true;
    }
}
