using NetAgent.Performance;

return args is ["cluster-read", .. var rest] ? await ClusterRead.RunAsync(rest) : 0;
