using System.Text;
using NetAgent.Contracts;
using NetAgent.Dataplane.Files;
using NetAgent.Dataplane.Netlink;
using NetAgent.Dataplane.Tables;

namespace NetAgent.Dataplane.Sysctls;

/// <summary>
/// Sysctls and module parameters. /proc/sys/net is that of the calling thread's network namespace. A sysctl cannot be removed: putting an
/// earlier value back is a Replace, and Remove does nothing.
/// </summary>
/// <param name="root"><c>/</c>, or where the host's folders are mounted.</param>
internal sealed class SysctlTable(string root) : IKernelTable<string, Sysctl>, IRowMeaning<Sysctl>
{
    // The value the kernel kept when it would not keep ours exactly (nf_conntrack_buckets is rounded up to a page).
    private readonly Dictionary<string, (string Wanted, string Became)> _rounded = new(StringComparer.Ordinal);

    public string Name => "sysctls";

    /// <summary>Paths and patterns that a read covers, <c>*</c> standing for one path element.</summary>
    public IReadOnlyCollection<string> Paths { get; set; } = [];

    /// <summary>By path: what was wanted and what the kernel made of it.</summary>
    public IReadOnlyDictionary<string, (string Wanted, string Became)> Rounded => _rounded;

    /// <summary>Rows carry the kernel's own value, always with rule Exactly and order 0: compare with <see cref="Satisfies"/>.</summary>
    public IReadOnlyDictionary<string, Sysctl> Read() =>
        ReadPaths(Paths).ToDictionary(v => v.Key, v => new Sysctl(v.Key, v.Value), StringComparer.Ordinal);

    /// <summary>Values by path. A path that does not exist or may not be read is left out.</summary>
    /// <exception cref="KernelException">A file that is there fails to read.</exception>
    public IReadOnlyDictionary<string, string> ReadPaths(IEnumerable<string> patterns)
    {
        var values = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var path in patterns.Where(p => SysctlPath.Problem(p) is null).SelectMany(p => SysctlPath.Expand(root, p)))
        {
            if (ReadValue(path, out var errno) is { } value)
            {
                values[path] = value;
            }
            // Interfaces come and go between the listing and the read; some files are write-only.
            else if (errno is not (FileErrno.Enoent or FileErrno.Eacces or FileErrno.Eperm or FileErrno.Eopnotsupp or FileErrno.Einval))
            {
                throw new KernelException("read", errno, $"{SysctlPath.File(root, path)}: {FileErrno.Text(errno)}");
            }
        }
        return values;
    }

    /// <summary>Why an existing path cannot be written here, or null. Opens it for writing and writes nothing.</summary>
    public string? WhyReadOnly(string path)
    {
        using var handle = PosixFile.Open(SysctlPath.File(root, path), PosixFile.WriteOnly, 0, out var errno);
        return handle is null ? Explain(path, errno) : null;
    }

    public bool Satisfies(Sysctl actual, Sysctl wanted) =>
        actual.Path == wanted.Path
        && (SysctlValue.Satisfies(actual.Value, wanted.Value, wanted.Rule)
            || (_rounded.TryGetValue(wanted.Path, out var rounded) && rounded.Wanted == wanted.Value && rounded.Became == actual.Value));

    public void Apply(IReadOnlyList<RowChange<Sysctl>> changes, ICollection<RowRefusal> refusals)
    {
        foreach (var i in Enumerable.Range(0, changes.Count).OrderBy(i => changes[i].Row.Order))
        {
            var row = changes[i].Row;
            if (changes[i].Kind == RowChangeKind.Remove)
            {
                _rounded.Remove(row.Path);
            }
            else if (SysctlPath.Problem(row.Path) is { } problem)
            {
                refusals.Add(new(i, "open", FileErrno.Einval, problem));
            }
            else if (row.Value.Any(char.IsControl))
            {
                refusals.Add(new(i, "write", FileErrno.Einval, $"{row.Path}: the value holds a control character"));
            }
            else if (Write(row) is { } refusal)
            {
                refusals.Add(refusal with { Index = i });
            }
        }
    }

    private RowRefusal? Write(Sysctl row)
    {
        // Writing an equal value is not always harmless: ip_forward resets every interface's own setting.
        var before = ReadValue(row.Path, out _);
        if (before is not null && Satisfies(new(row.Path, before), row))
        {
            return null;
        }
        _rounded.Remove(row.Path);
        using (var handle = PosixFile.Open(SysctlPath.File(root, row.Path), PosixFile.WriteOnly | PosixFile.Truncate, 0, out var errno))
        {
            if (handle is null)
            {
                return new(0, "open", errno, Explain(row.Path, errno));
            }
            errno = PosixFile.Write(handle, Encoding.UTF8.GetBytes(row.Value + "\n"));
            if (errno != 0)
            {
                return new(0, "write", errno, Explain(row.Path, errno, row.Value));
            }
        }
        return Verify(row, before);
    }

    private RowRefusal? Verify(Sysctl row, string? before)
    {
        if (ReadValue(row.Path, out _) is not { } after || SysctlValue.Same(after, row.Value))
        {
            return null;
        }
        if (after == before)
        {
            return new(0, "write", 0, $"{row.Path}: the kernel took the write of {row.Value} and kept {after}");
        }
        if (row.Rule == SysctlRule.AtLeast && !SysctlValue.Satisfies(after, row.Value, row.Rule))
        {
            return new(0, "write", 0, $"{row.Path}: at least {row.Value} was written and it became {after}");
        }
        _rounded[row.Path] = (row.Value, after);
        return null;
    }

    private string? ReadValue(string path, out int errno) =>
        PosixFile.ReadText(SysctlPath.File(root, path), 0, out errno) is { } text ? SysctlValue.Normalise(text) : null;

    private static string Explain(string path, int errno, string? value = null)
    {
        var why = errno switch
        {
            FileErrno.Enoent when path.StartsWith("/sys/module/", StringComparison.Ordinal) =>
                "its module is not loaded or has no such parameter",
            FileErrno.Enoent => "this kernel does not have it, or its module is not loaded",
            FileErrno.Erofs => "/proc/sys (or /sys) is mounted read-only in this container",
            FileErrno.Eacces or FileErrno.Eperm =>
                "it is read-only here: the kernel allows it only in the initial network namespace, or the container lacks the right",
            FileErrno.Eopnotsupp => "the kernel allows it only in the initial network namespace",
            FileErrno.Einval => $"the kernel does not accept the value '{value}'",
            _ => "the kernel refused it",
        };
        return errno == FileErrno.Einval
            ? $"{path}: {why}: {FileErrno.Text(errno)}"
            : $"{path}: cannot manage, observe only: {why}: {FileErrno.Text(errno)}";
    }
}
