// One kernel, one set of namespace names, one agent at a time.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
[assembly: NetAgent.TestKit.HomeNamespace]
