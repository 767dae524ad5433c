namespace NetAgent.EndToEnd.Tests.Network;

/// <summary>What a host's kernel holds of all that the agent may touch, as the usual tools print it and without counters.</summary>
internal static class KernelText
{
    private const string Tools = """
        ipvsadm -Sn | sort
        ipset save | sort
        for t in nat filter mangle; do
            iptables-save -t $t | grep -v '^#' | sed -E 's/^(:.*) \[.*/\1/; s/^/4 '$t' /'
            ip6tables-save -t $t | grep -v '^#' | sed -E 's/^(:.*) \[.*/\1/; s/^/6 '$t' /'
        done
        ip -o addr | awk '{print $2, $3, $4}' | sort
        ip -o link | awk '{print $2}' | sed 's/@.*//' | sort
        """;

    internal static string[] Of(NetworkHost host) => host.Script(Tools).Split('\n');
}
