using NetAgent.Performance;

switch (args)
{
    case ["cluster-read", .. var rest]:
        return await ClusterRead.RunAsync(rest);
    case ["dataplane", .. var rest]:
        return DataplaneSync.Run(rest);
    default:
        Console.Error.WriteLine("usage: NetAgent.Performance cluster-read [list | watch] [SLICES [ENDPOINTS]] | dataplane [SERVICES [ENDPOINTS [CHANGES]]]");
        return 2;
}
