using NetAgent.Dataplane.Files;

namespace NetAgent.Host.State;

/// <summary>
/// The state directory as it must be before root works in it: nobody else may put anything there. What the agent wrote or deleted through a
/// link of somebody else's would be any file of the node.
/// </summary>
internal static class StateFolder
{
    /// <summary>For the agent's user alone.</summary>
    public const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Makes it, for the agent's user alone, or sees that the one there is safe.</summary>
    /// <exception cref="IOException">It cannot be made or others could change what is in it; the message says what to do.</exception>
    public static void Prepare(string stateDirectory)
    {
        try
        {
            // One that is there, or a link to one, stays as it is.
            if (!Directory.Exists(stateDirectory))
            {
                Directory.CreateDirectory(stateDirectory, Private);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(stateDirectory, e);
        }
        Check(stateDirectory);
    }

    /// <summary>Sees that the one there is safe, even to read: what somebody else put there could be a pipe that never ends.</summary>
    /// <exception cref="IOException">It cannot be read or others could change what is in it; the message says what to do.</exception>
    public static void Check(string stateDirectory)
    {
        try
        {
            foreach (var path in Directory.EnumerateFileSystemEntries(TrustedPath.Directory(stateDirectory)))
            {
                // One that goes meanwhile is another command's temporary file.
                if (FileStatus.Of(path, followLinks: false) is { } status && (status.IsLink || !TrustedPath.IsOurs(status)))
                {
                    throw new UntrustedPathException("Foreign",
                        $"{path} is a {status.Kind} of user {status.Owner}, which the agent did not put there",
                        "look who did, and remove it");
                }
            }
        }
        catch (UntrustedPathException untrusted)
        {
            throw new IOException($"stateDirectory {stateDirectory} is not safe to work in: {untrusted.Message}", untrusted);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"stateDirectory {stateDirectory} cannot be read: {e.Message}", e);
        }
    }

    public static IOException Unwritable(string stateDirectory, Exception e) => new(
        $"stateDirectory {stateDirectory} cannot be written ({e.Message}): the agent must own a folder that outlives it, to take back"
            + " what it wrote. Mount one there, or set stateDirectory", e);
}
