using System.Text;

namespace NetAgent.Cluster.Api.Access;

/// <summary>Files with credentials and authorities, read by the means that <see cref="ApiServerOptions.ReadFile"/> gives.</summary>
internal sealed class AccessFiles(Func<string, byte[]> read)
{
    /// <summary>By the framework's means, which wait at a FIFO.</summary>
    public static AccessFiles Framework { get; } = new(File.ReadAllBytes);

    public Func<string, byte[]> Read => read;

    /// <param name="path">The file.</param>
    /// <param name="where">What to name before the path; empty for nothing.</param>
    /// <exception cref="AccessException">It cannot be read; the message names it.</exception>
    public byte[] Bytes(string path, string where = "")
    {
        try
        {
            return read(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AccessException($"{where}{(where.Length > 0 ? ": " : "")}{path} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>As UTF-8 text.</summary>
    public string Text(string path, string where = "")
    {
        var bytes = Bytes(path, where).AsSpan();
        return Encoding.UTF8.GetString(bytes.StartsWith(Encoding.UTF8.Preamble) ? bytes[3..] : bytes);
    }
}
