using NetAgent.Dataplane;
using NetAgent.Dataplane.Linux;
using NetAgent.Dataplane.Tests.Contract;

namespace NetAgent.Kernel.Tests.Contract;

/// <summary>The dataplane over the real kernel, held to what the one of the host's tests is held to.</summary>
[Trait("Category", "Kernel")]
public sealed class DataplaneContractKernelTests : DataplaneContract
{
    private protected override void On(Action<IDataplaneBench> test) => Lab.Run(() =>
    {
        using var bench = new KernelBench();
        test(bench);
    });

    private sealed class KernelBench : IDataplaneBench
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("netagent-contract-").FullName;

        public KernelBench()
        {
            Write(First, "0");
            Write(Second, "0");
            Dataplane = Open();
        }

        public IDataplane Dataplane { get; private set; }

        public string? Read(string path) => File.ReadAllText($"/proc/sys/{path}").Trim();

        public void Write(string path, string value) => File.WriteAllText($"/proc/sys/{path}", value);

        public void Restart()
        {
            Dataplane.Dispose();
            Dataplane = Open();
        }

        public void Dispose()
        {
            Dataplane.Dispose();
            Directory.Delete(_folder, recursive: true);
        }

        private LinuxDataplane Open() => LinuxDataplane.Open(new() { StateDirectory = _folder });
    }
}
