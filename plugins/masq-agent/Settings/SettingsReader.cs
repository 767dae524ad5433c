using System.Globalization;
using NetAgent.Contracts;
using NetAgent.Plugins.MasqAgent.Flags;
using NetAgent.Plugins.Shared.Configuration;

namespace NetAgent.Plugins.MasqAgent.Settings;

/// <summary>What reading a whole configuration gave.</summary>
/// <param name="Settings">Null when it is refused.</param>
/// <param name="Findings">About every source, in order.</param>
/// <param name="GoodFiles">Files that were usable, by path: what a file that goes bad later falls back to.</param>
/// <param name="BadFiles">Paths of those of several files that cannot be used as they are.</param>
internal sealed record ReadSettings(
    MasqSettings? Settings, IReadOnlyList<Finding> Findings, IReadOnlyDictionary<string, ConfigurationFile> GoodFiles,
    EquatableArray<string> BadFiles);

/// <summary>
/// Puts the sources together. One file is ip-masq-agent's: its keys stand on top of the defaults. Several are ip-masq-agent-v2's: each
/// stands for itself, ranges are united in the order of the files, switches OR-ed.
/// </summary>
internal sealed class SettingsReader(MasqFlags flags, IReadOnlyDictionary<string, ConfigurationFile> lastGood)
{
    /// <summary>ip-masq-agent-v2 reads these files of its folder and leaves others alone.</summary>
    private const string FilePrefix = "ip-masq";

    private readonly List<Finding> _findings = [];
    private readonly Dictionary<string, ConfigurationFile> _good = new(StringComparer.Ordinal);
    private readonly List<string> _bad = [];

    public static ReadSettings Read(PluginConfiguration configuration, MasqFlags flags,
        IReadOnlyDictionary<string, ConfigurationFile> lastGood)
    {
        var reader = new SettingsReader(flags, lastGood);
        var files = configuration.Files.Where(f =>
            f.Folder is null || Path.GetFileName(f.Path).StartsWith(FilePrefix, StringComparison.Ordinal)).ToList();
        reader.NoteOthers(configuration.Files.Except(files));
        var isFolder = configuration.Files.Any(f => f.Folder is not null);
        configuration = configuration with { Files = files };
        var settings = files.Count > 1 || isFolder ? reader.Merge(configuration) : reader.Stack(configuration);
        return new(settings, reader._findings, reader._good, reader._bad.ToEquatableArray());
    }

    private void NoteOthers(IEnumerable<ConfigurationFile> others)
    {
        foreach (var file in others)
        {
            var problems = new Problems(file.Path);
            problems.Inform("", 0,
                $"not read: of a folder only files whose name starts with '{FilePrefix}' count, as with ip-masq-agent-v2");
            Keep(problems);
        }
    }

    private MasqSettings? Stack(PluginConfiguration configuration)
    {
        var inline = new Problems(configuration.InlineSource);
        var settings = MasqSettings.DefaultsFor(flags).With(ReadInline(configuration, inline));
        Check(settings, inline);
        var refused = Keep(inline);
        foreach (var file in configuration.Files)
        {
            var problems = new Problems(file.Path);
            settings = settings.With(ReadFile(file, problems));
            Check(settings, problems);
            refused |= Keep(problems);
        }
        return refused ? null : settings;
    }

    private MasqSettings? Merge(PluginConfiguration configuration)
    {
        var inline = new Problems(configuration.InlineSource);
        var inlineSource = ReadInline(configuration, inline);
        var defaults = MasqSettings.DefaultsFor(flags);
        Check(defaults.With(inlineSource), inline);
        if (Keep(inline))
        {
            return null;
        }
        var sources = new List<SourceSettings>();
        var existing = 0;
        foreach (var file in configuration.Files.Where(f => f.Exists || f.Problem is not null))
        {
            existing++;
            if (ReadGoodVersion(file) is { } source)
            {
                sources.Add(source);
            }
        }
        if (existing == 0)
        {
            return defaults.With(inlineSource);
        }
        if (sources.Count == 0)
        {
            // Leaving all of them out would leave nothing to say what is not masqueraded.
            _findings.Add(new(new()
            {
                Severity = Severity.Error,
                Source = configuration.InlineSource,
                Path = "configFiles",
                Message = "none of the files can be used",
            }));
            return null;
        }
        return Unite(configuration.Inline is null ? sources : [inlineSource, .. sources]);
    }

    /// <summary>The file, or while it is bad its last good version, or null.</summary>
    private SourceSettings? ReadGoodVersion(ConfigurationFile file)
    {
        if (TryReadAlone(file, out var source, out var problems))
        {
            _good[file.Path] = file;
            Keep(problems);
            return source;
        }
        _bad.Add(file.Path);
        var previous = lastGood.GetValueOrDefault(file.Path);
        var keeps = TryReadAlone(previous ?? file, out source, out _);
        var outcome = keeps ? "its last good version stays in force" : "the file is left out";
        foreach (var problem in problems.InOrder)
        {
            _findings.Add(problem.IsError
                ? new(problem with { Severity = Severity.Warning, Message = $"{problem.Message} ({outcome})" },
                    "ConfigurationFileRefused")
                { Severity = Severity.Error }
                : new(problem));
        }
        if (keeps && previous is not null)
        {
            _good[file.Path] = previous;
        }
        return keeps ? source : null;
    }

    private bool TryReadAlone(ConfigurationFile file, out SourceSettings source, out Problems problems)
    {
        problems = new Problems(file.Path);
        source = ReadFile(file, problems);
        Check(new MasqSettings { Flags = flags, NonMasqueradeCidrs = [] }.With(source), problems);
        return !problems.HasErrors;
    }

    private MasqSettings Unite(IReadOnlyList<SourceSettings> sources)
    {
        var defaults = MasqSettings.DefaultsFor(flags);
        return new()
        {
            Flags = flags,
            NonMasqueradeCidrs = Unite(sources.SelectMany(s => s.NonMasqueradeCidrs ?? [])),
            MasqueradeCidrs = Unite(sources.SelectMany(s => s.MasqueradeCidrs ?? [])),
            CidrLimit = sources.Max(s => s.CidrLimit ?? MasqSettings.DefaultCidrLimit),
            MasqLinkLocal = sources.Any(s => s.MasqLinkLocal ?? false),
            MasqLinkLocalIPv6 = sources.Any(s => s.MasqLinkLocalIPv6 ?? false),
            PodCidrsOnly = sources.Any(s => s.PodCidrsOnly ?? false),
            ResyncInterval = sources.Min(s => s.ResyncInterval) ?? defaults.ResyncInterval,
        };
    }

    private List<Range> Unite(IEnumerable<Range> ranges)
    {
        var united = new List<Range>();
        var byPrefix = new Dictionary<InetPrefix, Range>();
        foreach (var range in ranges)
        {
            if (byPrefix.TryAdd(range.Prefix, range))
            {
                united.Add(range);
                continue;
            }
            var first = byPrefix[range.Prefix];
            _findings.Add(new(new()
            {
                Severity = Severity.Information,
                Source = range.Source,
                Path = range.Path,
                Line = range.Line,
                Message = $"{range.Prefix} is already given by {first}",
            }, "DuplicateRange"));
        }
        return united;
    }

    private static SourceSettings ReadFile(ConfigurationFile file, Problems problems)
    {
        if (file is { Exists: false, Problem: null })
        {
            problems.Inform("", 0, "there is no such file; the defaults hold");
            return new();
        }
        return ConfigDocument.Open(file, problems, SourceReader.Keys) is { } root ? SourceReader.Read(root) : new();
    }

    private static SourceSettings ReadInline(PluginConfiguration configuration, Problems problems) =>
        SourceReader.Read(new(configuration.Inline, problems, keys: SourceReader.Keys));

    private bool Keep(Problems problems)
    {
        _findings.AddRange(problems.InOrder.Select(problem => new Finding(problem)));
        return problems.HasErrors;
    }

    private static void Check(MasqSettings settings, Problems problems)
    {
        CheckList("nonMasqueradeCIDRs", settings.NonMasqueradeCidrs);
        CheckList("masqueradeCIDRs", settings.MasqueradeCidrs);

        void CheckList(string key, IReadOnlyList<Range> ranges)
        {
            if (ranges.Count > settings.CidrLimit)
            {
                problems.Error(key, 0, string.Create(CultureInfo.InvariantCulture,
                    $"{ranges.Count} CIDRs where cidrLimit allows {settings.CidrLimit} (link-local not counted); write cidrLimit:"
                        + $" {ranges.Count}, or fewer CIDRs"));
            }
            foreach (var range in ranges.Where(r =>
                r.Source == problems.Source && r.Prefix.Family == IpFamily.IPv6 && !settings.Flags.EnableIPv6))
            {
                problems.Error(range.Path, range.Line,
                    $"IPv6 is not enabled, but IPv6 CIDR {range.Prefix} is given: add --enable-ipv6 to args or remove the CIDR");
            }
        }
    }
}
