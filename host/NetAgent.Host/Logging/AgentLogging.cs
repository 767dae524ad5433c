using System.Globalization;
using NetAgent.Host.Configuration;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Extensions.Logging;
using Serilog.Formatting.Json;

namespace NetAgent.Host.Logging;

/// <summary>Serilog behind ILogger: text or JSON lines on standard error, so that standard output stays the answer of a command.</summary>
internal sealed class AgentLogging : IDisposable
{
    private readonly LoggingLevelSwitch _level = new();
    private readonly Logger _serilog;
    private readonly SerilogLoggerFactory _factory;

    public AgentLogging(LoggingSettings settings)
    {
        Apply(settings);
        var configuration = new LoggerConfiguration().MinimumLevel.ControlledBy(_level)
            // What the generic host has to say of itself the agent says better.
            .MinimumLevel.Override("Microsoft", LogEventLevel.Fatal);
        // Off the loop's thread: a stuck reader of standard error must not hold up the kernel's state. Full means dropped, not blocked.
        configuration.WriteTo.Async(sink =>
        {
            if (settings.Format == "json")
            {
                sink.Console(new JsonFormatter(renderMessage: true, formatProvider: CultureInfo.InvariantCulture), standardErrorFromLevel: LogEventLevel.Verbose);
            }
            else
            {
                sink.Console(new LineFormatter(), standardErrorFromLevel: LogEventLevel.Verbose);
            }
        });
        _serilog = configuration.CreateLogger();
        _factory = new(_serilog);
        Log = _factory.CreateLogger("netagent");
    }

    public Microsoft.Extensions.Logging.ILogger Log { get; }

    /// <summary>Behind every logger; closed with this.</summary>
    public Logger Root => _serilog;

    /// <summary>Takes a new level over; a new format needs a restart.</summary>
    public void Apply(LoggingSettings settings) => _level.MinimumLevel = settings.Level switch
    {
        "debug" => LogEventLevel.Debug,
        "warning" => LogEventLevel.Warning,
        "error" => LogEventLevel.Error,
        "none" => LevelAlias.Off,
        _ => LogEventLevel.Information,
    };

    /// <summary>Writes out what is queued.</summary>
    public void Dispose()
    {
        _factory.Dispose();
        _serilog.Dispose();
    }
}
