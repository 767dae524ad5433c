using NetAgent.Contracts;

namespace NetAgent.Host.Commands;

/// <summary>What the answers for one address on one link come to.</summary>
/// <param name="Address">The address asked for.</param>
/// <param name="Link">Where.</param>
/// <param name="Answerers">Who answered.</param>
internal sealed record ArpVerdict(InetAddress Address, string Link, IReadOnlyList<ArpAnswerer> Answerers)
{
    /// <summary>More than one answered, or one that certainly should not have.</summary>
    public bool IsConflict => Answerers.Count > 1 || Answerers.Any(answerer => answerer.Fault is not null);

    public string Text
    {
        get
        {
            var guilty = Answerers.Where(answerer => answerer.Fault is not null)
                .Select(answerer => $"{answerer} should not answer: {answerer.Fault} (plugin metallb-arp, mode all or interfaces)")
                    .ToArray();
            var others = Answerers.Where(answerer => answerer.Fault is null).ToArray();
            string[] conflict = others.Length > 1
                ? [$"of {string.Join(", ", others.Select(answerer => answerer.Name))} only the announcer should answer; the others need"
                    + " strictARP (plugin metallb-arp)"]
                : [];
            return Answerers.Count == 0 ? "nobody announces it here" : IsConflict
                ? "CONFLICT: " + string.Join("; ", [.. guilty, .. conflict]) : "ok";
        }
    }
}
