using NetAgent.Host.Commands;

return await CommandLine.InvokeAsync(args, RealBackends.Create());
