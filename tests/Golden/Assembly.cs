// One kernel, one set of namespace names, one agent at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
