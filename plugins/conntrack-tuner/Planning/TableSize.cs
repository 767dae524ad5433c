using NetAgent.Plugins.ConntrackTuner.Configuration;

namespace NetAgent.Plugins.ConntrackTuner.Planning;

/// <summary>How large the connection table is to be, and what that costs.</summary>
internal static class TableSize
{
    /// <summary>kube-proxy never asks for more from CPUs alone since 1.36 (k/k#136228: 16 million entries, 6 GB).</summary>
    public const long KubeProxyCap = 1_048_576;

    /// <summary>An entry with its extensions takes 320 to 400 bytes; the larger is planned with.</summary>
    public const long BytesPerEntry = 400;

    public const long BytesPerBucket = 8;

    /// <summary>kube-proxy's ratio; a full table then has chains of eight.</summary>
    public const long EntriesPerBucket = 4;

    // The table is whole pages: 512 buckets of 8 bytes on 4 KiB pages, 8192 on 64 KiB ones.
    private const long BucketsPerPage = 512, BucketsPerLargestPage = 8192;

    /// <summary>
    /// kube-proxy's rule; null means leave it alone. The cap is looked at before the minimum, which may therefore exceed it.
    /// </summary>
    public static long? KubeProxyMax(KubeProxyConntrack settings, int cpuCount)
    {
        if (settings.MaxPerCore == 0)
        {
            return null;
        }
        var scaled = (long)settings.MaxPerCore * cpuCount;
        return scaled > KubeProxyCap ? KubeProxyCap : Math.Max(scaled, settings.Min);
    }

    public static long Cost(long entries, long buckets) => (entries * BytesPerEntry) + (buckets * BytesPerBucket);

    /// <summary>The largest table, buckets included, that fits in so many bytes.</summary>
    public static long EntriesFor(long bytes) =>
        Math.Min(int.MaxValue, bytes / (BytesPerEntry + (BytesPerBucket / EntriesPerBucket)));

    /// <summary>What may be taken of entries without refusing connections now open and those of the next moment.</summary>
    public static long LeastFor(long count) => count + ((count + 3) / 4);

    public static long RoundBuckets(long buckets) => RoundUp(buckets, BucketsPerPage);

    /// <summary>True when the kernel made these of the wanted number by rounding up to its page.</summary>
    public static bool IsRounded(long wanted, long current) => current >= wanted && current <= RoundUp(wanted, BucketsPerLargestPage);

    private static long RoundUp(long number, long to) => (number + to - 1) / to * to;
}
