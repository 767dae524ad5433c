using System.Diagnostics;

namespace NetAgent.Host.Status;

/// <summary>This process, under the names that every Prometheus client library uses.</summary>
internal static class ProcessMetrics
{
    public static void Write(PrometheusText text)
    {
        using var self = Process.GetCurrentProcess();
        text.Single("process_cpu_seconds_total", "counter", "User and system time spent.", self.TotalProcessorTime.TotalSeconds);
        text.Single("process_resident_memory_bytes", "gauge", "Resident memory.", self.WorkingSet64);
        text.Single("process_virtual_memory_bytes", "gauge", "Virtual memory.", self.VirtualMemorySize64);
        text.Single("process_start_time_seconds", "gauge", "When the process started.",
            new DateTimeOffset(self.StartTime.ToUniversalTime()).ToUnixTimeMilliseconds() / 1000.0);
        text.Single("process_open_fds", "gauge", "Open file descriptors.", Directory.EnumerateFileSystemEntries("/proc/self/fd").Count());
    }
}
