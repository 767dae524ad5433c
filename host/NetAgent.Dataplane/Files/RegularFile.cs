namespace NetAgent.Dataplane.Files;

/// <summary>
/// Reads files that others put there. What is no regular file is refused before it is opened (opening a FIFO waits for a writer, opening
/// a device can do anything), and so is what is larger than it may be.
/// </summary>
public static class RegularFile
{
    // The same on all architectures that .NET runs on (asm-generic/fcntl.h).
    private const int NoControllingTerminal = 0x100;
    private const int NonBlocking = 0x800;

    /// <summary>Opens for reading.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limit">Bytes that it may have.</param>
    /// <param name="status">Of the file that was opened.</param>
    /// <param name="followLinks">False: a link is refused.</param>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="IOException">It is no regular file, too large, or does not open.</exception>
    public static FileStream Open(string path, long limit, out FileStatus status, bool followLinks = true)
    {
        Check(path, FileStatus.Of(path, followLinks) ?? throw new FileNotFoundException($"{path} is not there", path), limit);
        var handle = PosixFile.Open(path, PosixFile.ReadOnly | NonBlocking | NoControllingTerminal | (followLinks ? 0 : PosixFile.NoFollow),
            0, out var errno);
        if (handle is null)
        {
            throw errno == FileErrno.Enoent
                ? new FileNotFoundException($"{path} is not there", path) : new IOException($"{path}: open: {FileErrno.Text(errno)}");
        }
        try
        {
            // Another file may have taken its place.
            status = FileStatus.Of(handle);
            Check(path, status, limit);
            return new(handle, FileAccess.Read, bufferSize: 0);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>The whole content. Exceptions as for <see cref="Open"/>.</summary>
    public static byte[] ReadAllBytes(string path, long limit)
    {
        using var file = Open(path, limit, out _);
        using var content = new MemoryStream();
        CopyTo(file, content, limit);
        return content.ToArray();
    }

    /// <summary>Copies what is left of the file, which may grow meanwhile, but not beyond the limit.</summary>
    /// <exception cref="IOException">It has more than the limit.</exception>
    public static void CopyTo(FileStream file, Stream to, long limit)
    {
        var buffer = new byte[128 << 10];
        long copied = 0;
        for (int count; (count = file.Read(buffer)) > 0;)
        {
            copied += count;
            if (copied > limit)
            {
                throw new IOException($"the file has more than {limit >> 20} MiB, the most that is read");
            }
            to.Write(buffer, 0, count);
        }
    }

    private static void Check(string path, FileStatus status, long limit)
    {
        if (!status.IsRegular)
        {
            throw new IOException($"{path} is a {status.Kind}; only regular files are read");
        }
        if (status.Size > limit)
        {
            throw new IOException($"{path} has {status.Size >> 20} MiB; {limit >> 20} MiB is the most that is read");
        }
    }
}
