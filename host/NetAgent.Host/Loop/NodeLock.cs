using System.Globalization;

namespace NetAgent.Host.Loop;

/// <summary>
/// Lets one agent per node write. During a rolling update with surge two pods meet; the second must not fight the first. The lock is the
/// open file, so it ends with the process whatever happens to it.
/// </summary>
internal sealed class NodeLock : IDisposable
{
    private readonly FileStream _file;

    private NodeLock(FileStream file) => _file = file;

    /// <summary>Null when another process holds it; <paramref name="holder"/> then says which.</summary>
    /// <exception cref="IOException">The state directory cannot be written.</exception>
    public static NodeLock? TryTake(string stateDirectory, out string holder)
    {
        Directory.CreateDirectory(stateDirectory);
        var path = Path.Combine(stateDirectory, "lock");
        holder = "";
        try
        {
            // FileShare.None is flock(LOCK_EX | LOCK_NB) here.
            var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            file.SetLength(0);
            file.Write(System.Text.Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)));
            file.Flush();
            return new(file);
        }
        catch (IOException held) when (held.HResult == 11)
        {
            // EWOULDBLOCK. The holder's process id is for people; a pod's may be of another pid namespace.
            holder = ReadHolder(path);
            return null;
        }
    }

    public void Dispose() => _file.Dispose();

    private static string ReadHolder(string path)
    {
        try
        {
            // cat, not a second lock: FileShare.ReadWrite would ask for flock(LOCK_SH), which the holder denies.
            using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            Span<byte> text = stackalloc byte[16];
            return System.Text.Encoding.ASCII.GetString(text[..RandomAccess.Read(handle, text, 0)]);
        }
        catch (IOException)
        {
            return "unknown";
        }
    }
}
