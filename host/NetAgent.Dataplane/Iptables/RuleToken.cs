using System.Buffers;
using System.Text;

namespace NetAgent.Dataplane.Iptables;

/// <summary>A word of a rule. A quoted word is never an option, whatever it begins with.</summary>
internal readonly record struct RuleToken(string Text, bool Quoted)
{
    // What xtables_save_string leaves unquoted (libxtables).
    private static readonly SearchValues<char> Plain =
        SearchValues.Create("_-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    private static readonly SearchValues<char> Special = SearchValues.Create(" \t\n\"'\\");

    public bool IsOption => !Quoted && Text.Length > 1 && Text[0] == '-' && !char.IsAsciiDigit(Text[1]);

    /// <summary>True when its text means the same with and without quotes: a value whose spelling may be changed.</summary>
    public bool IsWord => !Quoted || (Text.Length > 0 && Text[0] is not ('-' or '!') && !Text.AsSpan().ContainsAny(Special));

    /// <summary>As it goes into a rule's text.</summary>
    public string Print() => !Quoted || IsWord ? Text : IsPlain(Text) ? $"\"{Text}\"" : Quote(Text);

    /// <summary>True when every double quote has its end.</summary>
    public static bool IsClosed(string rule)
    {
        bool open = false, escaped = false;
        foreach (var c in rule)
        {
            if (open && !escaped && c == '\\')
            {
                escaped = true;
                continue;
            }
            open ^= c == '"' && !escaped;
            escaped = false;
        }
        return !open;
    }

    /// <summary>Splits as iptables-restore does: blanks part words, double quotes join, a backslash escapes inside quotes.</summary>
    public static List<RuleToken> Split(string rule)
    {
        var tokens = new List<RuleToken>();
        var word = new StringBuilder();
        bool open = false, quoted = false, escaped = false;
        foreach (var c in rule)
        {
            if (open)
            {
                if (escaped || (c != '\\' && c != '"'))
                {
                    word.Append(c);
                    escaped = false;
                }
                else if (c == '\\')
                {
                    escaped = true;
                }
                else
                {
                    open = false;
                }
            }
            else if (c == '"')
            {
                open = quoted = true;
            }
            else if (c is ' ' or '\t')
            {
                Flush();
            }
            else
            {
                word.Append(c);
            }
        }
        Flush();
        return tokens;

        void Flush()
        {
            if (word.Length > 0 || quoted)
            {
                tokens.Add(new(word.ToString(), quoted));
            }
            word.Clear();
            quoted = false;
        }
    }

    /// <summary>Free text (a comment, a log prefix) as iptables-save prints it: quoted unless it is one plain word.</summary>
    public static string Quote(string text)
    {
        if (IsPlain(text))
        {
            return text;
        }
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        foreach (var c in text)
        {
            if (c is '"' or '\\' or '\'')
            {
                quoted.Append('\\');
            }
            quoted.Append(c);
        }
        return quoted.Append('"').ToString();
    }

    private static bool IsPlain(string text) => text.Length > 0 && !text.AsSpan().ContainsAnyExcept(Plain);
}
