namespace NetAgent.Host.Timing;

/// <summary>Waits that double from one second to five minutes.</summary>
internal static class BackOff
{
    public static TimeSpan After(int failures) =>
        TimeSpan.FromSeconds(Math.Min(300, Math.Pow(2, Math.Clamp(failures - 1, 0, 10))));
}
