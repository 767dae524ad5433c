using System.Text;
using NetAgent.Contracts;

namespace NetAgent.Dataplane.Iptables;

/// <summary>
/// A rule's text brought into the form that iptables-save prints, as far as the options in use among Kubernetes agents go. Two rules
/// with equal canonical forms mean the same; unknown options keep their words and place, so nothing is ever called equal wrongly.
/// </summary>
internal sealed class RuleText
{
    // iptables-save's own order of what belongs to no module.
    private static readonly string[] Basics = ["-s", "-d", "-i", "-o", "-p", "-f"];

    private readonly Dictionary<string, RuleOption> _basics = new(StringComparer.Ordinal);
    private readonly List<RuleModule> _matches = [];
    private RuleModule? _target;
    private bool _goto;
    private string? _protocol;

    /// <summary>The canonical form.</summary>
    public static string Normalise(IpFamily family, string rule)
    {
        var tokens = RuleToken.Split(rule);
        var text = new RuleText();
        return text.Read(tokens, family) ? text.Print() : rule;
    }

    /// <summary>True when both texts are the same rule.</summary>
    public static bool Same(IpFamily family, string left, string right) =>
        left == right || Normalise(family, left) == Normalise(family, right);

    /// <summary>The chain or target that a rule goes to (-j or -g), or null.</summary>
    public static string? TargetOf(string rule)
    {
        var tokens = RuleToken.Split(rule);
        for (var i = 0; i + 1 < tokens.Count; i++)
        {
            if (tokens[i] is { Quoted: false, Text: "-j" or "--jump" or "-g" or "--goto" })
            {
                return tokens[i + 1].Text;
            }
        }
        return null;
    }

    private bool Read(List<RuleToken> tokens, IpFamily family)
    {
        RuleModule? current = null;
        _protocol = ProtocolOf(tokens);
        for (var i = 0; i < tokens.Count;)
        {
            var negated = tokens[i] is { Quoted: false, Text: "!" };
            i += negated ? 1 : 0;
            if (i >= tokens.Count || !tokens[i].IsOption)
            {
                return false;
            }
            var name = RuleVocabulary.ShortName(tokens[i++].Text);
            var values = new List<RuleToken>();
            // Free text may look like an option: iptables-save prints --comment "-j" without the quotes.
            if (RuleVocabulary.TakesFreeText(name) && i < tokens.Count)
            {
                values.Add(tokens[i++]);
            }
            while (i < tokens.Count && !tokens[i].IsOption && tokens[i] is not { Quoted: false, Text: "!" })
            {
                values.Add(tokens[i++]);
            }
            if (name is "-m" or "-j" or "-g")
            {
                if (values.Count != 1 || negated || (name != "-m" && _target is not null))
                {
                    return false;
                }
                current = new RuleModule(values[0].Print());
                if (name == "-m")
                {
                    _matches.Add(current);
                }
                else
                {
                    (_target, _goto) = (current, name == "-g");
                }
            }
            else if (Basics.Contains(name))
            {
                var option = RuleVocabulary.CanonicalBasic(name, negated, values);
                if (!_basics.TryAdd(name, option))
                {
                    return false;
                }
            }
            else
            {
                current = OwnerOf(name, current);
                if (current is null)
                {
                    return false;
                }
                current.Options.Add(RuleVocabulary.Canonical(current.Name, name, negated, values));
            }
        }
        if (HasEarlyOption())
        {
            return false;
        }
        if (_target is { Name: "REJECT", Options.Count: 0 })
        {
            _target.Options.Add(
                new("--reject-with", false, [family == IpFamily.IPv6 ? "icmp6-port-unreachable" : "icmp-port-unreachable"]));
        }
        return true;
    }

    // As iptables looks options up: among all modules loaded so far, whichever was named last; a protocol's own match comes by itself.
    private RuleModule? OwnerOf(string option, RuleModule? current)
    {
        if (_target is not null && RuleVocabulary.Knows(_target.Name, option))
        {
            return _target;
        }
        for (var i = _matches.Count - 1; i >= 0; i--)
        {
            if (RuleVocabulary.Knows(_matches[i].Name, option))
            {
                return _matches[i];
            }
        }
        if (_protocol is { } protocol && RuleVocabulary.Knows(protocol, option))
        {
            var implied = new RuleModule(protocol);
            _matches.Add(implied);
            return implied;
        }
        return current;
    }

    // An option before its module: iptables refuses that, and in print it would change its owner.
    private bool HasEarlyOption()
    {
        var modules = _target is null ? _matches : [.. _matches, _target];
        return modules.Exists(module => module.Options.Exists(option => !RuleVocabulary.Knows(module.Name, option.Name)
            && modules.Exists(other => RuleVocabulary.Knows(other.Name, option.Name))));
    }

    // Before all else, as it is printed before all else.
    private static string? ProtocolOf(List<RuleToken> tokens)
    {
        var place = tokens.FindIndex(token => token.IsOption && RuleVocabulary.ShortName(token.Text) == "-p");
        return place >= 0 && place + 1 < tokens.Count
            && RuleVocabulary.CanonicalBasic("-p", false, [tokens[place + 1]]).Values is [var protocol]
            && RuleVocabulary.IsProtocol(protocol)
            ? protocol
            : null;
    }

    private string Print()
    {
        var text = new StringBuilder();
        foreach (var name in Basics)
        {
            if (_basics.TryGetValue(name, out var option) && !RuleVocabulary.MatchesAll(option))
            {
                option.AppendTo(text);
            }
        }
        foreach (var match in _matches)
        {
            Append(text, "-m").Append(' ').Append(match.Name);
            match.AppendOptions(text);
        }
        if (_target is not null)
        {
            Append(text, _goto ? "-g" : "-j").Append(' ').Append(_target.Name);
            _target.AppendOptions(text);
        }
        return text.ToString();
    }

    private static StringBuilder Append(StringBuilder text, string word) => (text.Length == 0 ? text : text.Append(' ')).Append(word);
}

/// <summary>A match or target with its options in the order written.</summary>
internal sealed class RuleModule(string name)
{
    public string Name { get; } = name;

    public List<RuleOption> Options { get; } = [];

    public void AppendOptions(StringBuilder text)
    {
        foreach (var option in Options.OrderBy(o => RuleVocabulary.Rank(Name, o.Name)))
        {
            option.AppendTo(text);
        }
    }
}

/// <summary>An option with its values, already quoted for print.</summary>
internal readonly record struct RuleOption(string Name, bool Negated, IReadOnlyList<string> Values)
{
    public void AppendTo(StringBuilder text)
    {
        text.Append(text.Length == 0 ? "" : " ").Append(Negated ? "! " : "").Append(Name);
        foreach (var value in Values)
        {
            text.Append(' ').Append(value);
        }
    }
}
