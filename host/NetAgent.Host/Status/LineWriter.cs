using System.Text;

namespace NetAgent.Host.Status;

/// <summary>Writes each text as one line, whatever an object's name in it holds; standard error goes through it.</summary>
internal sealed class LineWriter(TextWriter inner) : TextWriter
{
    public override Encoding Encoding => inner.Encoding;

    public override void Write(char value) => inner.Write(value);

    public override void Write(string? value) => inner.Write(value);

    public override void WriteLine(string? value) => inner.WriteLine(Clean(value));

    public override Task WriteLineAsync(string? value) => inner.WriteLineAsync(Clean(value));

    public override void Flush() => inner.Flush();

    private static string Clean(string? text)
    {
        var words = (text ?? "").TrimStart(' ');
        return new string(' ', (text?.Length ?? 0) - words.Length) + OneLine.Of(words);
    }
}
