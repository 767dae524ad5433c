using System.Text.Json.Nodes;
using NetAgent.TestKit;

namespace NetAgent.EndToEnd.Tests.Network;

/// <summary>
/// The DaemonSet's container as a runtime makes it: a root of its own, read-only where it says so, /proc and /sys as runtimes give them, its
/// volumes and nothing else of the node, uid 0 with its capabilities. The image is this machine's programs.
/// </summary>
/// <param name="node">Whose network it shares.</param>
/// <param name="objects">As rendered.</param>
internal sealed class PodSandbox(NetworkHost node, IReadOnlyList<JsonNode> objects) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("netagent-pod-").FullName;
    private readonly List<string> _before = [];
    private readonly List<(string Source, string Path, bool IsReadOnly)> _more = [];

    /// <summary>The node's disk: where its /var/lib and /etc are.</summary>
    internal string Disk => Directory.CreateDirectory(Path.Combine(_folder, "disk")).FullName;

    internal void WriteConfigMap(string name, string key, string text) => File.WriteAllText(
        Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, "maps", name)).FullName, key), text);

    /// <summary>Mounts a folder of this machine besides.</summary>
    internal PodSandbox Mount(string source, string path, bool isReadOnly)
    {
        _more.Add((source, path, isReadOnly));
        return this;
    }

    /// <summary>A command of the node's root before the container starts, in a mount namespace that ends with it.</summary>
    internal PodSandbox Before(string command)
    {
        _before.Add(command);
        return this;
    }

    /// <summary>Runs a shell script in the container.</summary>
    internal (int Code, string Output, string Error) Run(string script)
    {
        var path = Path.Combine(_folder, "pod.sh");
        File.WriteAllText(path, $"""
            set -eu
            mount --make-rprivate /
            {string.Join('\n', _before)}
            R={_folder}/root; mkdir -p $R
            mount -t tmpfs -o mode=755 tmpfs $R
            cd $R
            for d in /*; do
                case $d in /proc|/sys|/dev|/tmp|/run|/var|/etc|/host) continue ;; esac
                if [ -L $d ]; then cp -P $d .; elif [ -d $d ]; then mkdir .$d; mount --bind $d .$d; mount -o remount,bind,ro .$d; fi
            done
            mkdir -p proc sys dev tmp run var/lib etc app old
            for f in alternatives ld.so.cache passwd group protocols services; do cp -a /etc/$f etc/ 2>/dev/null || true; done
            mount --bind {Agent.Folder} app; mount -o remount,bind,ro app
            for f in null zero full random urandom; do touch dev/$f; mount --bind /dev/$f dev/$f; done
            mount -t proc proc proc
            for p in bus fs irq sys sysrq-trigger; do if [ -e proc/$p ]; then mount --bind proc/$p proc/$p; mount -o remount,bind,ro proc/$p; fi; done
            mount -t sysfs -o ro,nosuid,nodev,noexec sysfs sys
            {string.Join('\n', Volumes().Concat(_more.Select(more => Bind(more.Source, more.Path, more.IsReadOnly))))}
            {(IsRootReadOnly ? "mount -o remount,bind,ro ." : "")}
            pivot_root . old
            cd /
            umount -l old
            exec setpriv --no-new-privs --bounding-set={Capabilities} --inh-caps={Capabilities} sh -c '{script.Replace("'", "'\\''", StringComparison.Ordinal)}'
            """);
        return node.Do(() => Shell.TryRun("unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", path));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private JsonNode Security => objects.Container()["securityContext"]!;

    private bool IsRootReadOnly => (bool?)Security["readOnlyRootFilesystem"] ?? false;

    private string Capabilities => "-all," + string.Join(',', Security["capabilities"]!["add"]!.AsArray().Select(name => $"+{((string)name!).ToLowerInvariant()}"));

    private IEnumerable<string> Volumes()
    {
        var volumes = objects.Pod()["volumes"]!.AsArray();
        // Runtimes mount the shorter path first.
        foreach (var mount in objects.Container()["volumeMounts"]!.AsArray().OrderBy(mount => ((string)mount!["mountPath"]!).Count(c => c == '/')))
        {
            var volume = volumes.Single(volume => (string?)volume!["name"] == (string?)mount!["name"])!;
            var (path, isReadOnly) = ((string)mount!["mountPath"]!, (bool?)mount["readOnly"] ?? false);
            if (volume["emptyDir"] is not null)
            {
                yield return $"mkdir -p .{path}; mount -t tmpfs tmpfs .{path}";
            }
            else
            {
                yield return Bind(volume["configMap"] is { } map ? MapFolder(map) : HostPath(volume["hostPath"]!), path, isReadOnly);
            }
        }
    }

    // With what is mounted below, which stays as writable as it is: so do runtimes.
    private static string Bind(string source, string path, bool isReadOnly) =>
        $"if [ -d {source} ]; then mkdir -p .{path}; else mkdir -p $(dirname .{path}); touch .{path}; fi; mount --rbind {source} .{path}{(isReadOnly ? $"; mount -o remount,bind,ro .{path}" : "")}";

    private string HostPath(JsonNode host)
    {
        var path = (string)host["path"]!;
        if (path.StartsWith("/proc", StringComparison.Ordinal) || path.StartsWith("/sys", StringComparison.Ordinal))
        {
            return path;
        }
        var place = Disk + path;
        Directory.CreateDirectory((string?)host["type"] == "FileOrCreate" ? Path.GetDirectoryName(place)! : place);
        if (!Directory.Exists(place))
        {
            File.AppendAllText(place, "");
        }
        return place;
    }

    private string MapFolder(JsonNode map)
    {
        var folder = Path.Combine(_folder, "maps", (string)map["name"]!);
        var shown = Directory.CreateDirectory(Path.Combine(_folder, "shown", (string)map["name"]!)).FullName;
        if (objects.OfKind("ConfigMap").SingleOrDefault(o => (string?)o["metadata"]!["name"] == (string?)map["name"]) is { } rendered)
        {
            foreach (var (key, text) in rendered["data"]!.AsObject())
            {
                WriteConfigMap((string)map["name"]!, key, (string)text!);
            }
        }
        if (!Directory.Exists(folder))
        {
            return (bool?)map["optional"] == true ? shown : throw new InvalidOperationException($"the pod waits for ConfigMap {map["name"]}");
        }
        var names = map["items"]?.AsArray().ToDictionary(item => (string)item!["key"]!, item => (string)item!["path"]!);
        foreach (var file in Directory.EnumerateFiles(folder))
        {
            if (names is null || names.ContainsKey(Path.GetFileName(file)))
            {
                File.Copy(file, Path.Combine(shown, names?[Path.GetFileName(file)] ?? Path.GetFileName(file)), overwrite: true);
            }
        }
        return shown;
    }
}
