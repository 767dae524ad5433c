using NetAgent.Contracts;

namespace NetAgent.Cluster.Yaml;

/// <summary>One document of a YAML or JSON text.</summary>
/// <param name="Number">Its number in the text, from 1.</param>
/// <param name="Line">The line it begins on, from 1.</param>
/// <param name="Root">Its content; null when it is empty or does not parse.</param>
/// <param name="Problem">Why it does not parse, with the line; null when it does.</param>
public sealed record ConfigDocument(int Number, int Line, ConfigNode? Root, string? Problem);
