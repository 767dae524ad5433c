using System.Diagnostics;
using System.Text.Json;
using NetAgent.Cluster.Yaml;
using NetAgent.Contracts;

namespace NetAgent.Cluster.Api.Access;

/// <summary>A credential plugin (client.authentication.k8s.io) as a kubeconfig's user names it.</summary>
internal sealed record ExecPlugin(
    string Where, string Command, IReadOnlyList<string> Arguments, IReadOnlyList<(string Name, string Value)> Environment,
    string InstallHint, Func<string> Input)
{
    /// <summary>An ExecCredential has a token or a certificate: kilobytes.</summary>
    private const int OutputLimit = 1 << 20;

    // What is quoted of its errors.
    private const int ErrorLimit = 4 << 10;

    /// <summary>
    /// How long it may take. Shorter than people wait (<c>run --once --within 30s</c>), so that it is named rather than waited for.
    /// </summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromSeconds(20);

    public static ExecPlugin Read(ConfigNode exec, string where, string folder, Uri server, ConfigNode cluster, AccessFiles files)
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
            [.. (exec.Find("args")?.Items ?? []).Select(a => a.Text)],
            [.. (exec.Find("env")?.Items ?? [])
                .Select(e => (Kubeconfig.Text(e, "name") ?? "", Kubeconfig.Text(e, "value") ?? ""))],
            Kubeconfig.Text(exec, "installHint") ?? "",
            () => ExecInput.Text(version, Kubeconfig.Text(exec, "provideClusterInfo") == "true" ? server : null, cluster, folder, files));
    }

    /// <summary>Runs it and returns the ExecCredential's status.</summary>
    /// <exception cref="AccessException">It gave none; the message names it.</exception>
    public async Task<ExecCredentialStatus> RunAsync(CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(Command)
        { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
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
            using var errors = new BoundedOutput(process.StandardError.BaseStream, ErrorLimit);
            using var output = new BoundedOutput(process.StandardOutput.BaseStream, OutputLimit);
            try
            {
                process.StandardInput.Close();
                var ended = process.WaitForExitAsync(limit.Token);
                await Task.WhenAny(ended, output.Overflowed);
                if (output.Overflowed.IsCompletedSuccessfully)
                {
                    throw new AccessException(
                        $"{Where}: exec plugin {Command} printed more than {OutputLimit >> 20} MiB; an ExecCredential is far smaller");
                }
                await ended;
                var printed = await output.TextAsync(limit.Token);
                return process.ExitCode == 0 ? Parse(printed)
                    : throw new AccessException(
                        $"{Where}: exec plugin {Command} ended with code {process.ExitCode}:"
                        + $" {(await errors.TextAsync(limit.Token)).Trim()}");
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
            throw new AccessException(
                $"{Where}: exec plugin {Command} did not end within {Limit.TotalSeconds:0.#} s and was killed; run it by hand to see what"
                + " it waits for");
        }
    }

    private ExecCredentialStatus Parse(string output)
    {
        try
        {
            using var document = JsonDocument.Parse(output);
            var status = document.RootElement.GetProperty("status");
            string? Text(string key) => status.TryGetProperty(key, out var value) ? value.GetString() : null;
            var certificate = Text("clientCertificateData") is { } pem && Text("clientKeyData") is { } key
                ? Certificates.WithKey(pem, key, Where) : null;
            DateTimeOffset? expiry = status.TryGetProperty("expirationTimestamp", out var time) && time.ValueKind != JsonValueKind.Null
                ? time.GetDateTimeOffset() : null;
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
