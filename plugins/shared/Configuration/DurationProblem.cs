using System.Globalization;
using System.Text.RegularExpressions;

namespace NetAgent.Plugins.Shared.Configuration;

/// <summary>Why a text is no Go duration, and what would be one.</summary>
internal static partial class DurationProblem
{
    /// <summary>Says it of a text that is none, beginning with the text itself.</summary>
    public static string Of(string text)
    {
        const string units = "ns, us, ms, s, m, h";
        if (text.Length == 0)
        {
            return "an empty text is not a duration; write a number with a unit, as in 60s or 1m30s";
        }
        var joined = string.Concat(text.Where(c => !char.IsWhiteSpace(c)));
        if (joined != text && Terms().IsMatch(joined))
        {
            return $"'{text}' is not a duration: it has blanks, where {joined} is right";
        }
        if (Terms().IsMatch(text))
        {
            return $"'{text}' is too long: 2562047h, about 292 years, is the longest duration";
        }
        if (double.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _))
        {
            return $"'{text}' is not a duration: its unit is missing ({units}), as in {text}s";
        }
        if (OddUnit().Match(joined) is { Success: true } odd)
        {
            var number = odd.Groups["number"].Value;
            var instead = odd.Groups["unit"].Value.ToUpperInvariant() switch
            {
                "D" or "DAY" or "DAYS" when int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var days)
                    && days <= 100_000 => $"{days * 24}h",
                "MIN" or "MINS" or "MINUTE" or "MINUTES" or "M" => number + "m",
                "SEC" or "SECS" or "SECOND" or "SECONDS" or "S" => number + "s",
                "HR" or "HOUR" or "HOURS" or "H" => number + "h",
                "MS" => number + "ms",
                _ => "60s or 1m30s",
            };
            return $"'{text}' is not a duration: '{odd.Groups["unit"].Value}' is no unit ({units}), as in {instead}";
        }
        return $"'{text}' is not a duration: a number with a unit ({units}) is needed, as in 60s or 1m30s";
    }

    [GeneratedRegex(@"^[-+]?((\d+\.?\d*|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h))+$",
        RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Terms();

    [GeneratedRegex(@"^[-+]?(?<number>\d+(\.\d+)?)(?<unit>[^\d.]+)$", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex OddUnit();
}
