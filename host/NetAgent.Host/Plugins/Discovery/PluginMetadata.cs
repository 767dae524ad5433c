using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace NetAgent.Host.Plugins.Discovery;

/// <summary>What an assembly says about itself, read from its metadata tables without loading it.</summary>
/// <param name="AssemblyName">Simple name.</param>
/// <param name="Version">AssemblyInformationalVersion, else AssemblyVersion.</param>
/// <param name="Contract">Arguments of NetAgentContract, or null when it is absent.</param>
/// <param name="References">The assemblies that it needs.</param>
internal sealed record PluginMetadata(
    string AssemblyName, string Version, (int Major, int Minor)? Contract, IReadOnlyList<(string Name, Version Version)> References)
{
    /// <summary>Null when the file is no .NET assembly.</summary>
    public static PluginMetadata? Read(Stream file)
    {
        using var image = new PEReader(file);
        try
        {
            if (!image.HasMetadata)
            {
                return null;
            }
            var metadata = image.GetMetadataReader();
            return metadata.IsAssembly ? Read(metadata) : null;
        }
        catch (BadImageFormatException)
        {
            return null;
        }
    }

    private static PluginMetadata Read(MetadataReader metadata)
    {
        var assembly = metadata.GetAssemblyDefinition();
        var version = assembly.Version.ToString();
        (int, int)? contract = null;
        foreach (var handle in assembly.GetCustomAttributes())
        {
            var attribute = metadata.GetCustomAttribute(handle);
            var value = metadata.GetBlobReader(attribute.Value);
            switch (TypeName(metadata, attribute))
            {
                // ECMA-335 II.23.3: prolog 0x0001, then the fixed arguments.
                case "NetAgent.Contracts.NetAgentContractAttribute" when value.RemainingBytes >= 10 && value.ReadUInt16() == 1:
                    contract = (value.ReadInt32(), value.ReadInt32());
                    break;
                case "System.Reflection.AssemblyInformationalVersionAttribute" when value.RemainingBytes > 2 && value.ReadUInt16() == 1:
                    version = value.ReadSerializedString() ?? version;
                    break;
            }
        }
        var references = metadata.AssemblyReferences.Select(metadata.GetAssemblyReference)
            .Select(reference => (metadata.GetString(reference.Name), reference.Version));
        return new(metadata.GetString(assembly.Name), version, contract, [.. references]);
    }

    private static string? TypeName(MetadataReader metadata, CustomAttribute attribute)
    {
        if (attribute.Constructor.Kind != HandleKind.MemberReference)
        {
            return null;
        }
        var parent = metadata.GetMemberReference((MemberReferenceHandle)attribute.Constructor).Parent;
        if (parent.Kind != HandleKind.TypeReference)
        {
            return null;
        }
        var type = metadata.GetTypeReference((TypeReferenceHandle)parent);
        return $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}";
    }
}
