using System.Text.Json;
using NetAgent.Dataplane.Files;
using NetAgent.Dataplane.Sysctls;

namespace NetAgent.Dataplane.Ownership;

/// <summary>Where the state lies between runs. Written as a whole.</summary>
internal sealed class StateFile
{
    private static readonly TimeSpan Apart = TimeSpan.FromSeconds(10);
    private readonly string _bootId;
    private readonly string _path;
    private DateTimeOffset _nextSave;

    private StateFile(string path, string bootId) => (_path, _bootId) = (path, bootId);

    public AgentState State { get; private set; } = new();

    /// <summary>Why the file could not be read or written; null while all is well.</summary>
    public string? Problem { get; private set; }

    /// <summary>When what is not saved yet is due; null when nothing is.</summary>
    public DateTimeOffset? NextDue => State.IsChanged ? _nextSave : null;

    /// <summary>
    /// Opens the file. One that cannot be read is set aside and reported: the agent can still find what it owns by its claims.
    /// </summary>
    public static StateFile Open(DataplaneOptions options)
    {
        var file = new StateFile(Path.Combine(options.StateDirectory, "state.json"), ReadBootId(options.FileSystemRoot));
        file.Load();
        return file;
    }

    /// <summary>Saves at once what must not be lost; the rest at most every ten seconds.</summary>
    public void SaveWhenDue(DateTimeOffset now)
    {
        if (State.IsUrgent || (State.IsChanged && _nextSave <= now))
        {
            Save();
            _nextSave = now + Apart;
        }
    }

    public void Save()
    {
        if (!State.IsChanged)
        {
            return;
        }
        try
        {
            DurableFile.Write(_path, stream =>
                JsonSerializer.Serialize(stream, StateText.Write(State, _bootId), StateJson.Default.StateDocument));
            State.MarkSaved();
            Problem = null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Problem = $"{_path} cannot be written ({e.Message}): after a restart, earlier sysctl values would be unknown";
        }
    }

    private void Load()
    {
        try
        {
            using var stream = File.OpenRead(_path);
            var document = JsonSerializer.Deserialize(stream, StateJson.Default.StateDocument)
                ?? throw new FormatException("the file holds null");
            State = document.Version == StateDocument.CurrentVersion
                ? StateText.Read(document, _bootId)
                : throw new FormatException($"version {document.Version} is not {StateDocument.CurrentVersion}");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // A first start.
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            SetAside(e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Problem = $"{_path} cannot be read: {e.Message}";
        }
    }

    private void SetAside(string reason)
    {
        var aside = _path + ".bad";
        try
        {
            File.Move(_path, aside, overwrite: true);
            Problem = $"{_path} was not readable ({reason}) and is set aside as {aside}: earlier sysctl values are unknown";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Problem = $"{_path} is not readable ({reason}) and cannot be set aside ({e.Message}): earlier sysctl values are unknown";
        }
    }

    private static string ReadBootId(string root)
    {
        try
        {
            return File.ReadAllText(SysctlPath.File(root, "kernel/random/boot_id")).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
