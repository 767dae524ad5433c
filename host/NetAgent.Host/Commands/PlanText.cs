using NetAgent.Dataplane;
using NetAgent.Host.Status;

namespace NetAgent.Host.Commands;

/// <summary>A plugin of which a plan does not tell what its files ask for.</summary>
/// <param name="Plugin">Its name.</param>
/// <param name="Reason">Why.</param>
internal readonly record struct Doubt(string Plugin, string Reason);

/// <summary>A plan for people and for programs.</summary>
internal static class PlanText
{
    public static void Write(DataplanePlan plan, IReadOnlyList<Doubt> doubts, bool asJson, TextWriter output)
    {
        if (asJson)
        {
            output.WriteLine(JsonBody.Text(json =>
            {
                json.WriteStartArray();
                foreach (var (verb, change) in Lines(plan))
                {
                    json.WriteStartObject();
                    json.WriteString("change", verb);
                    json.WriteString("plugin", change.Plugin);
                    json.WriteString("table", change.Table);
                    json.WriteString("key", change.Key);
                    json.WriteString("before", change.Before);
                    json.WriteString("after", change.After);
                    json.WriteString("course", Course(change));
                    if (change.Course == PlannedCourse.Waiting)
                    {
                        json.WriteString("waitsFor", change.WaitsFor);
                    }
                    json.WriteEndObject();
                }
                foreach (var doubt in doubts)
                {
                    json.WriteStartObject();
                    json.WriteString("change", "unknown");
                    json.WriteString("plugin", doubt.Plugin);
                    json.WriteString("reason", doubt.Reason);
                    json.WriteEndObject();
                }
                json.WriteEndArray();
            }));
            return;
        }
        if (plan.Changes.Count + plan.Withheld.Count == 0)
        {
            output.WriteLine(doubts.Count == 0 ? "the kernel is as wanted" : $"nothing to change for what is in force; {NotKnown(doubts)}");
            return;
        }
        var table = new TextTable("CHANGE", "TABLE", "KEY", "PLUGIN", "BEFORE", "AFTER");
        foreach (var (verb, change) in Lines(plan))
        {
            table.Add(Told(verb, change), change.Table, change.Key, change.Plugin, OneLine(change.Before), OneLine(change.After));
        }
        table.WriteTo(output);
        output.WriteLine(Counted.Of(plan.Changes.Count, "change")
            + (plan.Withheld.Count == 0 ? "" : $"; {Counted.Of(plan.Withheld.Count, "removal")} withheld, for what could not be read may own the rows")
            + (doubts.Count == 0 ? "" : $"; {NotKnown(doubts)}"));
    }

    private static string NotKnown(IReadOnlyList<Doubt> doubts) =>
        $"what {string.Join(" and ", doubts.Select(doubt => doubt.Plugin).Distinct())} would change is not known";

    private static IEnumerable<(string Verb, PlannedChange Change)> Lines(DataplanePlan plan) =>
        plan.Changes.Select(change => (change.Kind.ToString().ToLowerInvariant(), change)).Concat(plan.Withheld.Select(change => ("withheld", change)));

    private static string Course(PlannedChange change) => change.Course switch
    {
        PlannedCourse.Written => "written",
        PlannedCourse.Draining => "draining",
        PlannedCourse.WithParent => "withParent",
        PlannedCourse.Waiting => "waiting",
        PlannedCourse.Withheld => "withheld",
        _ => "observed",
    };

    private static string Told(string verb, PlannedChange change) => change.Course switch
    {
        PlannedCourse.Draining => "drain",
        PlannedCourse.WithParent => $"{verb} (with its parent)",
        PlannedCourse.Waiting => $"{verb} (waits for {change.WaitsFor})",
        PlannedCourse.Observed => $"{verb} (only observed)",
        _ => verb,
    };

    private static string OneLine(string value)
    {
        var line = Status.OneLine.Of(value);
        return line.Length <= 60 ? line : string.Concat(line.AsSpan(0, 57), "...");
    }
}
