using System.Diagnostics;
using System.Text.Json;
using NetAgent.Contracts;

namespace NetAgent.Cluster.Api.Access;

/// <summary>A credential plugin (client.authentication.k8s.io) as a kubeconfig's user names it.</summary>
internal sealed record ExecPlugin(
    string Where, string Command, IReadOnlyList<string> Arguments, IReadOnlyList<(string Name, string Value)> Environment, string InstallHint, Func<string> Input)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    public static ExecPlugin Read(ConfigNode exec, string where, string folder, Uri server, ConfigNode cluster)
    {
        var version = Kubeconfig.Text(exec, "apiVersion");
        if (version is not ("client.authentication.k8s.io/v1" or "client.authentication.k8s.io/v1beta1"))
        {
            throw new AccessException($"{where}: exec.apiVersion '{version}' must be client.authentication.k8s.io/v1");
        }
        if (Kubeconfig.Text(exec, "interactiveMode") == "Always")
        {
            throw new AccessException($"{where}: exec.interactiveMode is Always, but nobody sits before an agent");
        }
        var command = Kubeconfig.Text(exec, "command") ?? throw new AccessException($"{where}: exec.command must be given");
        // Like client-go: a path is relative to the kubeconfig, a bare name is looked up in PATH.
        if (command.Contains('/', StringComparison.Ordinal))
        {
            command = Path.Combine(folder, command);
        }
        return new(
            where,
            command,
            [.. (Kubeconfig.Find(exec, "args")?.Items ?? []).Select(a => a.Text)],
            [.. (Kubeconfig.Find(exec, "env")?.Items ?? []).Select(e => (Kubeconfig.Text(e, "name") ?? "", Kubeconfig.Text(e, "value") ?? ""))],
            Kubeconfig.Text(exec, "installHint") ?? "",
            () => ExecInput.Text(version, Kubeconfig.Text(exec, "provideClusterInfo") == "true" ? server : null, cluster, folder));
    }

    /// <summary>Runs it and returns the ExecCredential's status.</summary>
    public async Task<ExecCredentialStatus> RunAsync(CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(Command) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var argument in Arguments)
        {
            start.ArgumentList.Add(argument);
        }
        foreach (var (name, value) in Environment)
        {
            start.Environment[name] = value;
        }
        start.Environment["KUBERNETES_EXEC_INFO"] = Input();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            using var process = Process.Start(start)!;
            try
            {
                process.StandardInput.Close();
                var errors = process.StandardError.ReadToEndAsync(limit.Token);
                var output = await process.StandardOutput.ReadToEndAsync(limit.Token);
                await process.WaitForExitAsync(limit.Token);
                return process.ExitCode == 0 ? Parse(output)
                    : throw new AccessException($"{Where}: exec plugin {Command} ended with code {process.ExitCode}: {(await errors).Trim()}");
            }
            finally
            {
                if (!process.HasExited)
                {
                    process.Kill(entireProcessTree: true);
                }
            }
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new AccessException($"{Where}: exec plugin {Command} cannot be run: {e.Message} {InstallHint}".TrimEnd(), e);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new AccessException($"{Where}: exec plugin {Command} did not end within {Limit.TotalSeconds:0} s");
        }
    }

    private ExecCredentialStatus Parse(string output)
    {
        try
        {
            using var document = JsonDocument.Parse(output);
            var status = document.RootElement.GetProperty("status");
            string? Text(string key) => status.TryGetProperty(key, out var value) ? value.GetString() : null;
            var certificate = Text("clientCertificateData") is { } pem && Text("clientKeyData") is { } key ? Certificates.WithKey(pem, key, Where) : null;
            DateTimeOffset? expiry = status.TryGetProperty("expirationTimestamp", out var time) && time.ValueKind != JsonValueKind.Null ? time.GetDateTimeOffset() : null;
            return Text("token") is null && certificate is null
                ? throw new AccessException($"{Where}: exec plugin {Command} gave neither token nor certificate")
                : new(Text("token"), certificate, expiry);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new AccessException($"{Where}: exec plugin {Command} printed no ExecCredential: {e.Message}", e);
        }
    }
}
