using System.Globalization;
using System.Net;
using System.Net.Sockets;
using NetAgent.EndToEnd.Tests.Network;
using NetAgent.TestKit;

namespace NetAgent.EndToEnd.Tests.Conntrack;

/// <summary>
/// An agent in the lab's initial network namespace, the only one where nf_conntrack_max can be written. Its file system is a folder that
/// leads to the real /proc and /sys, so that /etc/sysctl.d is not the machine's own.
/// </summary>
internal sealed class InitialNode : IDisposable
{
    private const string Max = "net/netfilter/nf_conntrack_max";
    private readonly string _folder = Directory.CreateTempSubdirectory("netagent-conntrack-").FullName;
    private readonly Manifests _manifests = new();
    private readonly string _max, _buckets;
    private RunningAgent? _agent;

    internal InitialNode(int max)
    {
        (_max, _buckets) = (Get(Max), Get("net/netfilter/nf_conntrack_buckets"));
        // Connections are tracked where something asks for it, as kube-proxy's rules do.
        Shell.Script("iptables -t mangle -A INPUT -m conntrack --ctstate INVALID");
        Shell.TryRun("conntrack", "-F");
        Set(Max, max.ToString(CultureInfo.InvariantCulture));
        Directory.CreateDirectory(Path.Combine(_folder, "etc/sysctl.d"));
        Directory.CreateSymbolicLink(Path.Combine(_folder, "proc"), "/proc");
        Directory.CreateSymbolicLink(Path.Combine(_folder, "sys"), "/sys");
        Before = Sysctls.OfInitialNamespace();
    }

    /// <summary>net.* as the agent finds it.</summary>
    internal string[] Before { get; }

    internal string PersistedFile => Path.Combine(_folder, "etc/sysctl.d/90-netagent.conf");

    internal RunningAgent Running => _agent ?? throw new InvalidOperationException("not started");

    private string Configuration => Path.Combine(_folder, "agent.yaml");

    internal static string Get(string path) => File.ReadAllText("/proc/sys/" + path).Trim();

    internal static int Number(string path) => int.Parse(Get(path), CultureInfo.InvariantCulture);

    internal static void Set(string path, string value) => File.WriteAllText("/proc/sys/" + path, value + "\n");

    internal void Configure(string config, string verify = "2s")
    {
        File.WriteAllText(Configuration + ".new", $"""
            apiVersion: netagent.io/v1alpha1
            kind: NetAgentConfiguration
            stateDirectory: {_folder}/state
            fileSystemRoot: {_folder}
            verifyPeriod: {verify}
            plugins:
            - name: conntrack-tuner
              config: {config}
            """);
        File.Move(Configuration + ".new", Configuration, overwrite: true);
    }

    internal void Start() => _agent = Agent.Start("--config", Configuration, "--manifests", _manifests.Folder, "--node-name", "node-1");

    internal void Stop()
    {
        Assert.Equal(0, Running.Stop());
        _agent = null;
    }

    internal void Eventually(Func<bool> condition, string what) => Running.WaitUntil(condition, TimeSpan.FromSeconds(90), what);

    internal string CleanUp()
    {
        var (code, output, error) = Agent.Run("cleanup", "--config", Configuration);
        Assert.True(code == 0, $"netagent cleanup: exit {code}\n{output}{error}");
        return Sysctls.Between(Before, Sysctls.OfInitialNamespace());
    }

    /// <summary>A metric's value; null while it is not there.</summary>
    internal static double? Metric(string name)
    {
        var line = Shell.TryRun("curl", "-s", "-m", "3", "http://127.0.0.1:10249/metrics").Output.Split('\n')
            .FirstOrDefault(l => l.StartsWith(name + " ", StringComparison.Ordinal) || l.StartsWith(name + "{", StringComparison.Ordinal));
        return line is null ? null : double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);
    }

    /// <summary>Opens or refreshes that many flows that nobody answers; returns how many packets the kernel refused to send.</summary>
    internal static int Flows(int count, int first = 0)
    {
        var refused = 0;
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 40000));
        for (var i = first; i < first + count; i++)
        {
            try
            {
                socket.SendTo("?"u8, new IPEndPoint(new IPAddress([127, 1, (byte)(i >> 8), (byte)i]), 9));
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.AccessDenied or SocketError.NoBufferSpaceAvailable)
            {
                refused++;
            }
        }
        return refused;
    }

    /// <summary>Connections that the kernel refused or evicted for want of room, ever.</summary>
    internal static long Lost() => Shell.Run("conntrack", "-S").Split('\n', ' ')
        .Where(word => word.StartsWith("drop=", StringComparison.Ordinal) || word.StartsWith("early_drop=", StringComparison.Ordinal))
        .Sum(word => long.Parse(word[(word.IndexOf('=') + 1)..], CultureInfo.InvariantCulture));

    public void Dispose()
    {
        _agent?.Dispose();
        Shell.TryRun("conntrack", "-F");
        Set("net/netfilter/nf_conntrack_buckets", _buckets);
        Set(Max, _max);
        Shell.Script("iptables -t mangle -D INPUT -m conntrack --ctstate INVALID");
        Directory.Delete(_folder, recursive: true);
        Directory.Delete(_manifests.Folder, recursive: true);
    }
}
