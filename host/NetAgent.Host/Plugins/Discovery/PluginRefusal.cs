namespace NetAgent.Host.Plugins.Discovery;

/// <summary>Why a plugin is not loaded. Shown in log, status, metrics and events.</summary>
/// <param name="Plugin">Its name.</param>
/// <param name="Reason">CamelCase word for metrics and events.</param>
/// <param name="Message">What is wrong.</param>
/// <param name="Fix">What to do about it.</param>
internal sealed record PluginRefusal(string Plugin, string Reason, string Message, string Fix)
{
    public override string ToString() => $"plugin '{Plugin}' is refused: {Message}; {Fix}";
}

/// <summary>A plugin that cannot be loaded, with the reason for people.</summary>
internal sealed class PluginRefusedException(PluginRefusal refusal) : Exception(refusal.ToString())
{
    public PluginRefusal Refusal { get; } = refusal;
}
