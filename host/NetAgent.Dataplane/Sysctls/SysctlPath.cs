namespace NetAgent.Dataplane.Sysctls;

/// <summary>Where a sysctl's file is, and which files a pattern means.</summary>
internal static class SysctlPath
{
    private const string Modules = "/sys/module";
    private const string ModuleParameters = Modules + "/";

    /// <summary>Why this is no sysctl path, or null.</summary>
    public static string? Problem(string path)
    {
        var relative = path.StartsWith(ModuleParameters, StringComparison.Ordinal) ? path[1..] : path;
        return relative.Length > 0 && relative[0] != '/' && !relative.Contains('\0')
            && !relative.Split('/').Any(p => p.Length == 0 || p is "." or "..")
            ? null
            : $"'{path}' is no path below /proc/sys such as net/ipv4/ip_forward, nor one below {ModuleParameters}";
    }

    /// <summary>
    /// The file below the root where the host's folder of it is mounted there, else this process's own: a container may mount no more than
    /// /proc/sys/net to write to, and reads the rest where it may not write.
    /// </summary>
    public static string File(string root, string path)
    {
        var below = path.StartsWith(ModuleParameters, StringComparison.Ordinal) ? path[1..] : $"proc/sys/{path}";
        // /proc/sys/net, /sys/module/NAME.
        var folder = string.Join('/', below.Split('/').Take(3));
        return Path.Join(root == "/" || !Directory.Exists(Path.Join(root, folder)) ? "/" : root, below);
    }

    /// <summary>The existing paths that a path or pattern means; <c>*</c> stands for one path element.</summary>
    public static IEnumerable<string> Expand(string root, string pattern)
    {
        if (!pattern.Contains('*'))
        {
            return System.IO.File.Exists(File(root, pattern)) ? [pattern] : [];
        }
        var isModule = pattern.StartsWith(ModuleParameters, StringComparison.Ordinal);
        IEnumerable<string> found = [isModule ? Modules : ""];
        foreach (var part in (isModule ? pattern[ModuleParameters.Length..] : pattern).Split('/'))
        {
            found = found.SelectMany(folder => Step(root, folder, part)).ToList();
        }
        return found.Where(path => System.IO.File.Exists(File(root, path))).Order(StringComparer.Ordinal);
    }

    private static IEnumerable<string> Step(string root, string folder, string part)
    {
        if (!part.Contains('*'))
        {
            return [folder.Length == 0 ? part : $"{folder}/{part}"];
        }
        var place = folder.Length == 0 ? "/proc/sys" : folder == Modules ? Modules : File(root, folder);
        if (!Directory.Exists(place))
        {
            return [];
        }
        var prefix = folder.Length == 0 ? "" : folder + "/";
        return Directory.EnumerateFileSystemEntries(place, part, SearchOption.TopDirectoryOnly)
            .Select(entry => prefix + Path.GetFileName(entry));
    }
}
