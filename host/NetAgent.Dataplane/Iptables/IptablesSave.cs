using NetAgent.Dataplane.Netlink;

namespace NetAgent.Dataplane.Iptables;

/// <summary>A chain as iptables-save prints it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Policy">ACCEPT or DROP of a built-in chain; null for a user chain.</param>
/// <param name="Rules">What follows <c>-A NAME </c>, in order.</param>
internal sealed record SavedChain(string Name, string? Policy, IReadOnlyList<string> Rules)
{
    public bool IsBuiltIn => Policy is not null;
}

/// <summary>A table as iptables-save prints it.</summary>
internal sealed record SavedTable(string Name, IReadOnlyDictionary<string, SavedChain> Chains)
{
    public static SavedTable Empty(string name) => new(name, new Dictionary<string, SavedChain>());
}

/// <summary>Reads the output of iptables-save, of either back end, with or without counters.</summary>
internal static class IptablesSave
{
    /// <summary>The tables in the text, by name.</summary>
    /// <exception cref="KernelException">The text ends early or is not iptables-save's: taking it as "few rules" would be
    /// wrong.</exception>
    public static IReadOnlyDictionary<string, SavedTable> Parse(string text)
    {
        var tables = new Dictionary<string, SavedTable>(StringComparer.Ordinal);
        string? table = null;
        Dictionary<string, (string? Policy, List<string> Rules)> chains = [];
        var number = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            number++;
            if (line.IsEmpty)
            {
                continue;
            }
            if (line[0] == '#')
            {
                RefuseIncompatible(line);
            }
            else if (line[0] == '*')
            {
                if (table is not null)
                {
                    throw Broken(number, $"table {line[1..]} begins before {table} ends");
                }
                table = line[1..].ToString();
                chains = new(StringComparer.Ordinal);
            }
            else if (table is null)
            {
                throw Broken(number, $"'{line}' stands outside a table");
            }
            else if (line is "COMMIT")
            {
                tables[table] = new(table, chains.ToDictionary(
                    c => c.Key, c => new SavedChain(c.Key, c.Value.Policy, c.Value.Rules), StringComparer.Ordinal));
                table = null;
            }
            else if (line[0] == ':')
            {
                var (name, policy) = ParseDeclaration(line[1..]);
                chains[name] = (policy, []);
            }
            else
            {
                var (name, rule) = ParseRule(line, number);
                if (!chains.TryGetValue(name, out var chain))
                {
                    throw Broken(number, $"a rule for the undeclared chain {name}");
                }
                chain.Rules.Add(rule);
            }
        }
        return table is null ? tables : throw Broken(number, $"table {table} does not end with COMMIT");
    }

    private static (string Name, string? Policy) ParseDeclaration(ReadOnlySpan<char> text)
    {
        var space = text.IndexOf(' ');
        if (space < 0)
        {
            return (text.ToString(), null);
        }
        var rest = text[(space + 1)..];
        var end = rest.IndexOf(' ');
        var policy = end < 0 ? rest : rest[..end];
        return (text[..space].ToString(), policy is "-" ? null : policy.ToString());
    }

    private static (string Chain, string Rule) ParseRule(ReadOnlySpan<char> line, int number)
    {
        if (line[0] == '[' && line.IndexOf("] ") is > 0 and var end)
        {
            line = line[(end + 2)..];
        }
        if (!line.StartsWith("-A "))
        {
            throw Broken(number, $"'{line}' is no rule");
        }
        line = line[3..];
        var space = line.IndexOf(' ');
        return space < 0 ? (line.ToString(), "") : (line[..space].ToString(), line[(space + 1)..].Trim(' ').ToString());
    }

    // nft prints this instead of the table when somebody put native rules into it.
    private static void RefuseIncompatible(ReadOnlySpan<char> comment)
    {
        if (comment.Contains("is incompatible, use 'nft' tool", StringComparison.Ordinal))
        {
            throw new KernelException("iptables-save", 0, $"{comment[1..].Trim()} Its rules cannot be read as iptables rules.");
        }
    }

    private static KernelException Broken(int line, string what) => new("iptables-save", 0, $"line {line} of the output: {what}");
}
