using NetAgent.Dataplane.Netlink;

namespace NetAgent.Dataplane.Ipvs;

/// <summary>
/// The kernel's IPVS from the moment it is there: a module that somebody loads while the agent runs is found without a restart. Not for
/// several threads.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="open">Null where the kernel has none.</param>
/// <param name="load">Tried once where there is none; the reason when it failed, else null.</param>
internal sealed class OptionalIpvs(TimeProvider time, Func<IpvsSocket?> open, Func<string?> load) : IDisposable
{
    /// <summary>What is wrong and what helps.</summary>
    public const string Missing = "this kernel has no IPVS: load the module ip_vs (modprobe ip_vs)";

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);
    private DateTimeOffset _nextLook;
    private IpvsSocket? _socket;
    private string? _failure;
    private bool _hasLoaded;

    /// <summary>Null while the kernel has none; looks again every 5 s.</summary>
    public IpvsSocket? Socket
    {
        get
        {
            if (_socket is null && time.GetUtcNow() is var now && now >= _nextLook)
            {
                _nextLook = now + LookEvery;
                Look();
            }
            return _socket;
        }
    }

    /// <summary>Why there is none; null when there is.</summary>
    public string? Problem { get; private set; } = Missing;

    public void Dispose() => _socket?.Dispose();

    private void Look()
    {
        try
        {
            _socket = open();
            if (_socket is null && !_hasLoaded)
            {
                _hasLoaded = true;
                _failure = load();
                _socket = open();
            }
            Problem = _socket is not null ? null : _failure is null ? Missing : $"{Missing}; {_failure}";
        }
        catch (KernelException e)
        {
            Problem = e.Message;
        }
    }
}
