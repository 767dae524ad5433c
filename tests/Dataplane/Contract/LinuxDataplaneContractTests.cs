using NetAgent.Dataplane.Tests.Reconcile;

namespace NetAgent.Dataplane.Tests.Contract;

/// <summary>The real dataplane over the kernel in memory.</summary>
public sealed class LinuxDataplaneContractTests : DataplaneContract
{
    private protected override void On(Action<IDataplaneBench> test)
    {
        using var bench = new MemoryBench();
        test(bench);
    }

    private sealed class MemoryBench : IDataplaneBench
    {
        private readonly Bench _bench = new();

        public MemoryBench()
        {
            Write(First, "0");
            Write(Second, "0");
            _bench.WithoutPlugins();
        }

        public IDataplane Dataplane => _bench.Dataplane;

        public string? Read(string path) => _bench.Kernel.ReadSysctl(path);

        public void Write(string path, string value) => _bench.Kernel.Sysctls.Set(new(path, value));

        public void Restart() => _bench.WithoutPlugins();

        public void Dispose() => _bench.Dispose();
    }
}
