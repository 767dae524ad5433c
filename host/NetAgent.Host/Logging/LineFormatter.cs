using System.Globalization;
using NetAgent.Host.Status;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Formatting.Display;

namespace NetAgent.Host.Logging;

/// <summary>One line for an event, whatever an object's name in it holds; the stack of an exception below it.</summary>
internal sealed class LineFormatter : ITextFormatter
{
    private readonly MessageTemplateTextFormatter _line = new("{Timestamp:yyyy-MM-ddTHH:mm:ss.fffzzz} {Level:u3} {Message:lj}", CultureInfo.InvariantCulture);

    public void Format(LogEvent logEvent, TextWriter output)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        _line.Format(logEvent, text);
        output.WriteLine(OneLine.Of(text.ToString()));
        if (logEvent.Exception is { } exception)
        {
            output.WriteLine(exception);
        }
    }
}
