using System.Reflection;

namespace NetAgent.Contracts;

/// <summary>
/// The version of the contract that runs, which may be later than the one built against. The major changes when a plugin must be rebuilt;
/// the minor when something is added.
/// </summary>
public static class ContractVersion
{
    // No constants: a compiler would write the version built against into whoever asks.
    private static readonly NetAgentContractAttribute _version =
        typeof(ContractVersion).Assembly.GetCustomAttribute<NetAgentContractAttribute>()!;

    /// <summary>Plugins of another major are refused.</summary>
    public static int Major => _version.Major;

    /// <summary>Plugins that ask for a higher minor than the host's are refused.</summary>
    public static int Minor => _version.Minor;
}

/// <summary>
/// States the contract version that an assembly was built for. A plugin assembly must carry it; the host reads it from metadata
/// before any code of the assembly is loaded. Building against NetAgent.Contracts adds it by itself.
/// </summary>
/// <param name="major">See <see cref="ContractVersion.Major"/>.</param>
/// <param name="minor">See <see cref="ContractVersion.Minor"/>.</param>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class NetAgentContractAttribute(int major, int minor) : Attribute
{
    /// <summary>The contract's major version.</summary>
    public int Major { get; } = major;

    /// <summary>The lowest contract minor version that the assembly needs.</summary>
    public int Minor { get; } = minor;
}
