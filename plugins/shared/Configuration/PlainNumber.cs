namespace NetAgent.Plugins.Shared.Configuration;

/// <summary>
/// Numbers as everybody reads them alike. A leading zero makes one octal for the kernel's sysctls and for YAML 1.1, and the kernel refuses
/// a plus sign.
/// </summary>
internal static class PlainNumber
{
    /// <summary>
    /// Why a text that is a number, a unit behind it or not, is not plainly decimal, and what would be right; null where it is.
    /// </summary>
    public static string? Problem(string text)
    {
        var digits = text.TrimStart('+', '-');
        var plain = digits.TrimStart('0');
        if (plain.Length == 0 || !char.IsAsciiDigit(plain[0]))
        {
            plain = digits.Length > plain.Length ? "0" + plain : plain;
        }
        var sign = text.StartsWith('-') && plain.AsSpan().IndexOfAnyInRange('1', '9') >= 0 ? "-" : "";
        if (text == sign + plain)
        {
            return null;
        }
        var problem = digits == plain ? "a sign" : "a leading zero, as octal numbers have";
        return $"'{text}' has {problem}; {sign}{plain} is right";
    }
}
