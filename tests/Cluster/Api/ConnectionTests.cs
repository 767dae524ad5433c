using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NetAgent.Cluster.Api;
using NetAgent.Cluster.Api.Access;

namespace NetAgent.Cluster.Tests.Api;

/// <summary>What goes over the wire: protocol, compression, certificates.</summary>
public sealed class ConnectionTests : IAsyncLifetime
{
    private static readonly DateTimeOffset From = TimeProvider.System.GetUtcNow().AddDays(-1);

    private readonly X509Certificate2 _authority = Authority("CN=ca");
    private WebApplication _server = null!;
    private Uri _url = null!;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddResponseCompression(o =>
        {
            o.EnableForHttps = true;
            o.MimeTypes = ["text/plain"];
            o.Providers.Add<GzipCompressionProvider>();
        });
        var certificate = Issue("CN=api", "api.example");
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, l => l.UseHttps(certificate, https =>
        {
            https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
            https.AllowAnyClientCertificate();
        })));
        _server = builder.Build();
        _server.UseResponseCompression();
        _server.Run(context =>
        {
            context.Response.ContentType = "text/plain";
            return context.Response.WriteAsync($"{context.Request.Protocol} {context.Request.Headers.AcceptEncoding} {context.Connection.ClientCertificate?.Subject}");
        });
        await _server.StartAsync();
        _url = new(_server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    private async Task<string> Ask(ClusterAccess access)
    {
        using var connection = new ApiConnection(access with { Server = _url }, "test/1");
        using var response = await connection.GetAsync("x", TestContext.Current.CancellationToken);
        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    private ClusterAccess Access() => new() { Server = _url, Roots = () => [_authority], TlsServerName = "api.example" };

    [Fact]
    public async Task Http2_and_gzip_are_spoken_and_the_client_certificate_is_shown()
    {
        using var client = Issue("CN=agent", "agent");
        Assert.Equal("HTTP/2 gzip CN=agent", await Ask(Access() with { Credential = new StaticCredential(null, client) }));
        Assert.Equal("HTTP/2 gzip ", await Ask(Access()));
    }

    [Fact]
    public async Task A_certificate_for_another_name_is_refused()
    {
        await Assert.ThrowsAsync<HttpRequestException>(() => Ask(Access() with { TlsServerName = "other.example" }));
        await Assert.ThrowsAsync<HttpRequestException>(() => Ask(Access() with { TlsServerName = null }));
    }

    [Fact]
    public async Task A_certificate_of_another_authority_is_refused_unless_verification_is_skipped()
    {
        using var other = Authority("CN=other");
        await Assert.ThrowsAsync<HttpRequestException>(() => Ask(Access() with { Roots = () => [other] }));
        await Assert.ThrowsAsync<HttpRequestException>(() => Ask(Access() with { Roots = null }));
        Assert.StartsWith("HTTP/2", await Ask(Access() with { Roots = () => [other], SkipVerification = true }), StringComparison.Ordinal);
    }

    private static X509Certificate2 Authority(string name)
    {
        var request = new CertificateRequest(name, RSA.Create(2048), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(From, From.AddYears(1));
    }

    private X509Certificate2 Issue(string subject, string name)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using var issued = request.Create(_authority, From, From.AddDays(30), RandomNumberGenerator.GetBytes(8));
        using var withKey = issued.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pfx), null);
    }
}
