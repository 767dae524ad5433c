namespace NetAgent.Dataplane.Files;

/// <summary>How everything in the state directory is written: temporary file, fsync, rename, fsync of the folder.</summary>
public static class DurableFile
{
    // 0600
    private const int OwnerOnly = 0x180;

    /// <summary>Replaces the file as a whole; readable by the agent's user alone.</summary>
    /// <exception cref="IOException">It could not be written; what was there before is there still.</exception>
    /// <exception cref="UnauthorizedAccessException">As above.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        var folder = Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(folder);
        var temporary = path + ".tmp";
        using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write))
        {
            if (PosixFile.SetMode(stream.SafeFileHandle, OwnerOnly) is var refused and not 0)
            {
                throw new IOException($"chmod {temporary}: {FileErrno.Text(refused)}");
            }
            write(stream);
            stream.Flush(flushToDisk: true);
        }
        File.Move(temporary, path, overwrite: true);
        var errno = PosixFile.SyncFolder(folder);
        if (errno != 0)
        {
            throw new IOException($"fsync of its folder: {FileErrno.Text(errno)}");
        }
    }
}
