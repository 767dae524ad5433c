using NetAgent.Host.Commands;
using NetAgent.Host.Composition;

return await CommandLine.InvokeAsync(args, RealBackends.Create());
