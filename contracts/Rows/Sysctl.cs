namespace NetAgent.Contracts;

/// <summary>How a wanted sysctl value is compared with the kernel's.</summary>
public enum SysctlRule : byte
{
    /// <summary>The value shall be exactly this.</summary>
    Exactly,

    /// <summary>A higher number already there is kept.</summary>
    AtLeast,
}

/// <summary>A sysctl. The host keeps the value it found before and puts it back when the row goes and the value is still ours.</summary>
/// <param name="Path">
/// Below /proc/sys with slashes: <c>net/ipv4/ip_forward</c>; interface names may hold dots. A path that starts with
/// <c>/sys/module/</c> names a module parameter (nf_conntrack's hashsize).
/// </param>
/// <param name="Value">The text to write, without a line end.</param>
public readonly record struct Sysctl(string Path, string Value) : IRow<string>
{
    /// <summary>Exactly, unless said otherwise, or at least.</summary>
    public SysctlRule Rule { get; init; }

    /// <summary>Rows of lower order are written first (conntrack buckets grow before max); any number, 0 unless said otherwise.</summary>
    public int Order { get; init; }

    /// <summary>The path.</summary>
    public string Key => Path;
}

/// <summary>
/// A file that the host writes atomically (temporary file, fsync, rename) and removes with the row; for /etc/sysctl.d. A file of that name
/// that the host did not write stays, and the row is refused (EEXIST).
/// </summary>
/// <param name="Path">Absolute path; must be covered by a claim.</param>
/// <param name="Text">Whole content after a first line, a comment that marks the file as the agent's.</param>
public readonly record struct ConfigFile(string Path, string Text) : IRow<string>
{
    /// <summary>The path.</summary>
    string IRow<string>.Key => Path;
}
