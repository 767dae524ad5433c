using NetAgent.Cluster;

namespace NetAgent.Host.Cluster;

/// <summary>Where there is no API server: status and log have it all the same.</summary>
internal sealed class NoEventSink : IEventSink
{
    public long Dropped => 0;

    public long Refused => 0;

    public long Written => 0;

    public void Post(bool isWarning, string reason, string message)
    {
    }
}
