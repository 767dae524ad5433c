using NetAgent.Contracts;
using NetAgent.Plugins.MasqAgent.Settings;
using Range = NetAgent.Plugins.MasqAgent.Settings.Range;

namespace NetAgent.Plugins.MasqAgent.Rules;

/// <summary>What is valid and yet perhaps not meant: duplicates, overlaps, rules that never decide.</summary>
internal static class SettingsReview
{
    public static IEnumerable<Finding> Review(MasqSettings settings)
    {
        if (settings.NonMasqueradeCidrs.Count == 0)
        {
            yield return new(new()
            {
                Severity = Severity.Warning,
                Source = "configuration",
                Path = "nonMasqueradeCIDRs",
                Message =
                    "the list is empty: traffic to every destination but link-local is masqueraded, pods and nodes of this cluster included"
                + (settings.PodCidrsOnly ? "" : ", and so is forwarded traffic from outside, whose client address is lost"),
            }, "EmptyList");
        }
        foreach (var finding in Overlaps(settings.NonMasqueradeCidrs).Concat(Overlaps(settings.MasqueradeCidrs)).Concat(Dead(settings)))
        {
            yield return finding;
        }
        foreach (var widest in settings.NonMasqueradeCidrs.Where(r => r.Prefix.Length == 0))
        {
            yield return About("NothingMasqueraded", widest,
                $"{widest.Prefix} is every address: no {widest.Prefix.Family} traffic is masqueraded but that to masqueradeCIDRs");
        }
    }

    private static IEnumerable<Finding> Overlaps(IReadOnlyList<Range> ranges)
    {
        // In order of address and length a range follows those that contain it, so a stack of open ones finds the overlaps of
        // however many ranges cidrLimit lets in without comparing each with each.
        var open = new Stack<Range>();
        foreach (var range in ranges.OrderBy(r => r.Prefix))
        {
            while (open.TryPeek(out var last) && !last.Prefix.Contains(range.Prefix))
            {
                open.Pop();
            }
            if (open.TryPeek(out var outer))
            {
                yield return outer.Prefix == range.Prefix
                    ? About("DuplicateRange", range, $"{range.Prefix} is already given by {outer}; one of them can go")
                    : About("OverlappingRange", range, $"{range.Prefix} lies within {outer} and adds nothing", isInformation: true);
            }
            open.Push(range);
        }
    }

    private static IEnumerable<Finding> Dead(MasqSettings settings)
    {
        var forced = settings.MasqueradeCidrs.DistinctBy(r => r.Prefix).ToDictionary(r => r.Prefix);
        var lengths = forced.Keys.Select(p => p.Length).Distinct().Order().ToArray();
        foreach (var range in settings.NonMasqueradeCidrs)
        {
            var force = lengths.Where(length => length <= range.Prefix.Length)
                .Select(length => forced.GetValueOrDefault(new InetPrefix(range.Prefix.Address, length).Network))
                .FirstOrDefault(r => r is not null);
            if (force is not null)
            {
                yield return About("RangeOverruled", range,
                    $"{range.Prefix} lies within {force} of masqueradeCIDRs, which comes first: it is"
                        + $" masqueraded{(settings.PodCidrsOnly ? " for traffic of pods" : "")}");
            }
        }
    }

    private static Finding About(string reason, Range range, string message, bool isInformation = false) =>
        new(new()
        {
            Severity = isInformation ? Severity.Information : Severity.Warning,
            Source = range.IsDefault ? "default" : range.Source,
            Path = range.Path,
            Line = range.Line,
            Message = message,
        }, reason);
}
