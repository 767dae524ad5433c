using NetAgent.Dataplane;
using NetAgent.Dataplane.Tests.Contract;
using NetAgent.Host.Tests.Fakes;

namespace NetAgent.Host.Tests.Contract;

/// <summary>The dataplane of the host's tests, held to what the real one is held to (tests/Dataplane/Contract, tests/Kernel/Contract).</summary>
public sealed class FakeDataplaneContractTests : DataplaneContract
{
    private protected override void On(Action<IDataplaneBench> test)
    {
        using var bench = new FakeBench();
        test(bench);
    }

    private sealed class FakeBench : IDataplaneBench
    {
        private readonly FakeDataplane _dataplane = new() { Kernel = { [First] = "0", [Second] = "0" } };

        public IDataplane Dataplane => _dataplane;

        public string? Read(string path) => _dataplane.Kernel.GetValueOrDefault(path);

        public void Write(string path, string value) => _dataplane.Kernel[path] = value;

        public void Restart() => _dataplane.Restart();

        public void Dispose() => _dataplane.Dispose();
    }
}
