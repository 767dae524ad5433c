namespace NetAgent.Host.Plugins.Calls;

/// <summary>
/// A call into a plugin with what the loop has to do about its outcome. The loop waits a little; a call that takes longer goes on beside
/// it, so that a plugin that hangs, or one that is slow, holds up no sibling, and its outcome is taken when it is there.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="wake">Wakes the loop.</param>
internal sealed class PluginTurn(TimeProvider time, Action wake)
{
    private Task<Action>? _turn;

    /// <summary>A call is in progress that the loop did not wait for.</summary>
    public bool IsBusy => _turn is not null;

    /// <summary>
    /// A call as a turn. What it gave and what went wrong with it are for the loop to see; until then nothing is touched.
    /// </summary>
    public static async Task<Action> Of<T>(Task<T> call, Action<T> succeed, Action<Exception> fail)
    {
        try
        {
            var result = await call;
            return () => succeed(result);
        }
        catch (Exception fault)
        {
            return () => fail(fault);
        }
    }

    /// <summary>
    /// Waits as long as <paramref name="softDeadline"/> says. True: the outcome is taken; false: <see cref="TakeFinishedCall"/> will take
    /// it, and <paramref name="overdue"/> was called.
    /// </summary>
    public async Task<bool> TakeAsync(Task<Action> turn, TimeSpan softDeadline, Action? overdue = null)
    {
        Action outcome;
        try
        {
            outcome = await turn.WaitAsync(softDeadline, time);
        }
        catch (TimeoutException)
        {
            overdue?.Invoke();
            _turn = turn;
            _ = WakeAsync(turn);
            return false;
        }
        outcome();
        return true;
    }

    /// <summary>Takes the outcome of a call that is over by now. True when there was one.</summary>
    public bool TakeFinishedCall()
    {
        if (_turn is not { IsCompleted: true } over)
        {
            return false;
        }
        _turn = null;
        over.GetAwaiter().GetResult()();
        return true;
    }

    private async Task WakeAsync(Task<Action> turn)
    {
        await ((Task)turn).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        wake();
    }
}
