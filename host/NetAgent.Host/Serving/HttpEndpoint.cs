using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace NetAgent.Host.Serving;

/// <summary>One Kestrel server with one handler: no routing, no middleware, no logging of its own.</summary>
internal sealed class HttpEndpoint : IAsyncDisposable
{
    private readonly WebApplication _application;

    private HttpEndpoint(WebApplication application) => _application = application;

    /// <summary>The port that was bound; of use when 0 was asked for.</summary>
    public int Port => _application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses
        .Select(address => BindingAddress.Parse(address).Port).FirstOrDefault();

    /// <exception cref="IOException">The address is in use or is not this machine's.</exception>
    public static Task<HttpEndpoint> StartAsync(IEnumerable<IPEndPoint> addresses, RequestDelegate handler) =>
        StartAsync(options =>
        {
            foreach (var address in addresses)
            {
                // [::] takes IPv4 too; a machine without IPv6 has only 0.0.0.0.
                var isWithoutIPv6 = address.Address.Equals(IPAddress.IPv6Any) && !Socket.OSSupportsIPv6;
                options.Listen(isWithoutIPv6 ? new IPEndPoint(IPAddress.Any, address.Port) : address);
            }
        }, handler);

    public static Task<HttpEndpoint> StartAsync(string unixSocket, RequestDelegate handler) =>
        StartAsync(options => options.ListenUnixSocket(unixSocket), handler);

    public async ValueTask DisposeAsync()
    {
        // Probes are short; whoever is slower than this is not waiting for an answer.
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _application.StopAsync(patience.Token);
        await _application.DisposeAsync();
    }

    private static async Task<HttpEndpoint> StartAsync(Action<KestrelServerOptions> listen, RequestDelegate handler)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options =>
        {
            options.AddServerHeader = false;
            options.Limits.MaxRequestBodySize = 0;
            options.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            listen(options);
        });
        // The agent's own loop owns signals.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        var application = builder.Build();
        application.Run(handler);
        try
        {
            await application.StartAsync();
        }
        catch (Exception failure)
        {
            await application.DisposeAsync();
            if (failure is IOException)
            {
                throw;
            }
            // An address that is not this machine's comes as SocketException.
            throw new IOException(failure.Message, failure);
        }
        return new(application);
    }
}
