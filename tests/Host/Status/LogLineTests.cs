using NetAgent.Host.Logging;
using Serilog.Events;
using Serilog.Parsing;

namespace NetAgent.Host.Tests.Status;

public sealed class LogLineTests
{
    [Fact]
    public void What_an_object_is_called_makes_no_second_line_in_the_log()
    {
        using var text = new StringWriter();
        var written = new LogEvent(DateTimeOffset.UnixEpoch, LogEventLevel.Warning, new InvalidOperationException("a fault"),
            new MessageTemplateParser().Parse("Service {Name} is bad"), [new("Name", new ScalarValue("a\nINF all is in\u001b[31m"))]);

        new LineFormatter().Format(written, text);

        Assert.Equal("1970-01-01T00:00:00.000+00:00 WRN Service a | INF all is in [31m is bad\nSystem.InvalidOperationException: a fault\n", text.ToString());
    }
}
