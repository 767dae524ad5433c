using System.Diagnostics.CodeAnalysis;
using NetAgent.Contracts;

namespace NetAgent.Host.Configuration;

/// <summary><c>configmap:NAMESPACE/NAME/KEY</c>: a ConfigMap's key read through the API, wherever the configuration names a file.</summary>
internal sealed record ConfigMapReference(NamespacedName Name, string Key)
{
    public const string Scheme = "configmap:";

    public static bool Is(string? path) => path?.StartsWith(Scheme, StringComparison.Ordinal) == true;

    public static bool TryParse(string path, [NotNullWhen(true)] out ConfigMapReference? reference)
    {
        reference = Is(path) && path[Scheme.Length..].Split('/') is [{ Length: > 0 } space, { Length: > 0 } name, { Length: > 0 } key]
            ? new(new(space, name), key)
            : null;
        return reference is not null;
    }
}
