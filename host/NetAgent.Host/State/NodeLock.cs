using System.Globalization;

namespace NetAgent.Host.State;

/// <summary>
/// Lets one agent per node write. During a rolling update with surge two pods meet; the second must not fight the first. The lock is the
/// open file, so it ends with the process whatever happens to it.
/// </summary>
internal sealed class NodeLock : IDisposable
{
    private const int WouldBlock = 11; // EWOULDBLOCK
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly FileStream _file;

    private NodeLock(FileStream file) => _file = file;

    /// <summary>Null when another process holds it; <paramref name="holder"/> then says which.</summary>
    /// <exception cref="IOException">The state directory cannot be written, or others could write it.</exception>
    public static NodeLock? TryTake(string stateDirectory, out string holder)
    {
        StateFolder.Prepare(stateDirectory);
        var path = Path.Combine(stateDirectory, "lock");
        // Beside the lock, as the lock itself cannot be opened by others. For people; a pod's may be of another pid namespace.
        var holderPath = Path.Combine(stateDirectory, "holder");
        holder = "";
        try
        {
            // Whoever may open it for reading may lock it, and keep the agent from starting. Earlier versions made it readable.
            if (File.Exists(path))
            {
                File.SetUnixFileMode(path, OwnerOnly);
            }
            // FileShare.None is flock(LOCK_EX | LOCK_NB) here.
            var file = new FileStream(path, new FileStreamOptions
            { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None, UnixCreateMode = OwnerOnly });
            NameHolder(holderPath);
            return new(file);
        }
        catch (IOException held) when (held.HResult == WouldBlock)
        {
            holder = File.Exists(holderPath) && File.ReadAllText(holderPath) is { Length: > 0 } named ? named : "unknown";
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StateFolder.Unwritable(stateDirectory, e);
        }
    }

    private static void NameHolder(string path)
    {
        try
        {
            File.WriteAllText(path, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        }
        catch (IOException)
        {
            // A full disk: the lock holds without it, and only the other's message is poorer.
        }
    }

    public void Dispose() => _file.Dispose();
}
