namespace NetAgent.Host.Configuration;

/// <summary>
/// Which configuration was confirmed and which was taken back. A restarted agent goes on with that: one that was taken back stays so, and
/// one under which the agent ended without a word (a crash, a power cut) counts as taken back.
/// </summary>
/// <param name="isKept">Over restarts, in the state directory.</param>
internal sealed class ConfigurationTrials(bool isKept)
{
    private string? _stateDirectory;
    private TrialRecord _written = TrialRecord.None;
    private AgentSetup? _good;
    private string? _refused;
    private string? _why;
    private string? _trial;

    // What was not read at the start stays unknown; what could not be written may be next time.
    private string? _unread;
    private string? _unwritten;

    /// <summary>Why it could not be kept or read; null when it could.</summary>
    public string? Problem => _unwritten ?? _unread;

    /// <summary>Reads what an earlier run left.</summary>
    public void Open(string stateDirectory, Func<AgentConfiguration, AgentConfiguration> overrides)
    {
        if (!isKept)
        {
            return;
        }
        _stateDirectory = stateDirectory;
        try
        {
            _written = TrialRecord.Read(stateDirectory);
            _good = Restore(_written.Good, overrides);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            _unread = $"{unreadable.Message}; which configuration was confirmed before is unknown, and the one in the files is taken";
        }
        if (_good is not null)
        {
            (_refused, _why) = _written.Trial is { } unfinished
                ? (unfinished, "the agent ended without a word while it was on trial") : (_written.Refused, _written.Why);
        }
    }

    /// <summary>There is another configuration to go back to.</summary>
    public bool CanReplace(AgentSetup current) => _good is { } good && good.Digest != current.Digest;

    /// <summary>What is to be in force when the files say this; null for what is.</summary>
    /// <param name="setup">As the files are now.</param>
    /// <param name="isFirst">None is in force yet.</param>
    /// <param name="refusal">Why the files are not in force; null when they are.</param>
    public AgentSetup? EvaluateTrial(AgentSetup setup, bool isFirst, out string? refusal)
    {
        refusal = null;
        if (_refused is null)
        {
            return setup;
        }
        // One that is not known in full may become the one that was taken back.
        if (setup.Digest == _refused || setup.IsPending)
        {
            refusal = Refusal;
            Keep();
            return isFirst ? _good : null;
        }
        _refused = _why = null;
        Keep();
        return setup;
    }

    /// <summary>On trial from now on; null for none.</summary>
    public void Begin(AgentSetup? setup)
    {
        _trial = setup?.Digest;
        Keep();
    }

    public void Confirm(AgentSetup current)
    {
        if (!current.IsPending)
        {
            _good = current;
            _trial = null;
            Keep();
        }
    }

    /// <summary>Takes one back. Returns the one to go back to, or null when there is none.</summary>
    public AgentSetup? Refuse(AgentSetup current, string reason, out string? refusal)
    {
        refusal = null;
        if (!CanReplace(current))
        {
            return null;
        }
        (_refused, _why, _trial) = (current.Digest, reason, null);
        refusal = Refusal;
        Keep();
        return _good;
    }

    private string Refusal => $"configuration {_refused} was taken back: {_why}; {_good!.Digest} is in force until the files change";

    private void Keep()
    {
        if (_stateDirectory is null)
        {
            return;
        }
        var record = new TrialRecord(_good?.Source ?? _written.Good, _refused, _why, _trial);
        if (record == _written)
        {
            return;
        }
        try
        {
            record.Write(_stateDirectory);
            _written = record;
            _unwritten = null;
        }
        catch (Exception unwritable) when (unwritable is IOException or UnauthorizedAccessException)
        {
            _unwritten = $"{Path.Combine(_stateDirectory, TrialRecord.FileName)} cannot be written: {unwritable.Message}; a restarted"
                + " agent would not know which configuration was taken back";
        }
    }

    private static AgentSetup? Restore(AgentSource? source, Func<AgentConfiguration, AgentConfiguration> overrides)
    {
        if (source is null
            || AgentConfigurationReader.Read(source.Agent.Root, source.Agent.Path, source.Folder).Configuration is not { } agent)
        {
            return null;
        }
        return AgentSetup.Read(overrides(agent), source.Agent, source.Folder,
            name => [.. source.Files.Where(file => (file.Folder ?? file.Path) == name)]);
    }
}
