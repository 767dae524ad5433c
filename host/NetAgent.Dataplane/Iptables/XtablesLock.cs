using System.Globalization;
using NetAgent.Dataplane.Files;
using NetAgent.Dataplane.Netlink;

namespace NetAgent.Dataplane.Iptables;

/// <summary>
/// The file that every legacy iptables locks while it writes (iptables/xshared.c). Whoever keeps it stops all others, in both families and
/// all tables, so it is one failure, and who it is can mostly be told.
/// </summary>
/// <param name="path">The file; the tools take another from XTABLES_LOCKFILE.</param>
/// <param name="proc">A /proc that shows the node's processes.</param>
/// <param name="time">The clock.</param>
internal sealed class XtablesLock(string path, string proc, TimeProvider time)
{
    /// <summary>Looking costs no waiting, so there is no reason to look any less often.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private DateTimeOffset? _since;

    public static string StandardPath =>
        Environment.GetEnvironmentVariable("XTABLES_LOCKFILE") is { Length: > 0 } path ? path : "/run/xtables.lock";

    /// <summary>It was held by somebody else when last tried, and still is. Unlike the tools this does not wait.</summary>
    public bool IsStillHeld()
    {
        if (_since is null)
        {
            return false;
        }
        using var file = PosixFile.Open(path, PosixFile.ReadOnly, 0, out _);
        if (file is not null && !PosixFile.TryLock(file))
        {
            return true;
        }
        _since = null;
        return false;
    }

    /// <summary>A tool did not get it.</summary>
    /// <param name="said">What the tool said, for the case that it is not held but cannot be opened.</param>
    public KernelException NotTaken(string said)
    {
        _since ??= time.GetUtcNow();
        var text = IsStillHeld() ? Held() : $"the xtables lock could not be taken: {said}";
        return new("iptables-restore", 0, text) { Cause = new("XtablesLock", text) { RetryAfter = LookEvery } };
    }

    /// <summary>A tool had it.</summary>
    public void Taken() => _since = null;

    private string Held()
    {
        var holder = FindHolder() is { } pid ? $"process {pid}{NameOf(pid)}" : "a process that cannot be seen from here";
        return string.Create(CultureInfo.InvariantCulture,
            $"the xtables lock {path} is held by {holder}, since {_since:HH:mm:ss}Z at the latest: no rule of iptables can be written by"
                + $" anybody until it lets go");
    }

    // "1: FLOCK  ADVISORY  WRITE 871 00:14:22 0 EOF": the last part of the fifth is the inode. Device numbers differ between here and
    // statx on some file systems, inodes do not.
    private string? FindHolder()
    {
        try
        {
            var inode = FileStatus.Of(path)?.Inode.ToString(CultureInfo.InvariantCulture);
            return File.ReadLines(Path.Join(proc, "locks"))
                .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .FirstOrDefault(lockLine => lockLine is [_, "FLOCK", _, _, _, var file, ..] && inode is not null
                    && file.EndsWith($":{inode}", StringComparison.Ordinal))?[4];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // That it is held stands without it.
            return null;
        }
    }

    private string NameOf(string pid)
    {
        try
        {
            return $" ({File.ReadAllText(Path.Join(proc, pid, "comm")).Trim()})";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
