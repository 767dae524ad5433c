using NetAgent.TestKit;

namespace NetAgent.Dataplane.Tests;

/// <summary>Bytes that a real kernel sent, in .hex files whose first line says what made them.</summary>
internal static class CapturedBytes
{
    public static byte[] Read(string file) => Convert.FromHexString(string.Concat(
        File.ReadLines(Path.Combine(RepositoryRoot.Path, "tests", "Dataplane", file)).Where(line => !line.StartsWith('#'))));
}
