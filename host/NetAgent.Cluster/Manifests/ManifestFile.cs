using NetAgent.Cluster.Objects;
using NetAgent.Cluster.Yaml;
using NetAgent.Contracts;

namespace NetAgent.Cluster.Manifests;

/// <summary>An object and where it stands.</summary>
internal sealed record ManifestObject(ObjectKind Kind, NamespacedName Name, object? Value, string Where)
{
    /// <summary>Parts of it that are bad and left out.</summary>
    public IReadOnlyList<ObjectPart> BadParts { get; init; } = [];

    /// <summary>It may have rows for what is left out.</summary>
    public bool CostsRows { get; init; }
}

/// <summary>What one file holds: its objects, what is wrong with it and how many objects of kinds that nobody needs.</summary>
internal sealed record ManifestFile(
    IReadOnlyList<ManifestObject> Objects, IReadOnlyList<SourceProblem> Problems, IReadOnlyList<BadObject> BadObjects, bool HasUnreadableDocument, int Ignored)
{
    /// <summary>Something unknown stands in it, and no earlier version tells what.</summary>
    public bool IsUnread { get; private init; } = HasUnreadableDocument;

    /// <summary>Objects with bad parts of which there is no earlier version.</summary>
    public IReadOnlyList<BadObject> PartlyRead { get; private init; } = PartlyReadOf(Objects);

    /// <summary>Bad objects of which there is no earlier version.</summary>
    public IReadOnlyList<BadObject> UnreadObjects { get; private init; } = BadObjects;

    public static ManifestFile Read(string path, string text, ObjectReader reader)
    {
        var contents = new Contents(path, reader);
        foreach (var document in ConfigNodeReader.ReadAll(text))
        {
            contents.Add(document);
        }
        return new(contents.Objects, contents.Problems, contents.BadObjects, contents.HasUnreadableDocument, contents.Ignored)
        {
            Path = path,
            IsBlank = !contents.HasDocuments,
        };
    }

    /// <summary>Where it is.</summary>
    private string Path { get; init; } = "";

    /// <summary>Nothing at all stands in it, but comments perhaps; a List of no objects is something.</summary>
    public bool IsBlank { get; private init; }

    private bool IsEmpty => Objects.Count == 0 && Problems.Count == 0 && Ignored == 0;

    /// <summary>It may be the half of what somebody is writing.</summary>
    public bool IsDoubtful => IsEmpty || Problems.Count > 0;

    public static ManifestFile Unreadable(string path, string problem) => new([], [new(path, "", "", problem)], [], true, 0);

    /// <summary>
    /// This file, with what an earlier version of it held where this one is broken: all that is not here now when a document does not
    /// parse (who knows what it held), a bad object's own earlier version otherwise.
    /// </summary>
    public ManifestFile OverLastGood(ManifestFile? before)
    {
        if (before is null)
        {
            return this;
        }
        if (IsEmpty && before.Objects.Count > 0)
        {
            // What `command > file` looks like before the command has written: nobody means to drop every Service this way.
            return Unreadable(Path, "is empty now; what it held stays in force. Delete the file to remove its objects").OverLastGood(before);
        }
        var earlier = before.Objects.ToDictionary(o => (o.Kind, o.Name), o => o.Value);
        return (this with
        {
            Objects = [.. Objects.Select(o => o.BadParts.Count == 0 || o.Value is null ? o
                : o with { Value = LastGood.Under(o.Value, earlier.GetValueOrDefault((o.Kind, o.Name)), o.BadParts) })],
            PartlyRead = [.. PartlyRead.Where(bad => !earlier.ContainsKey((bad.Kind, bad.Name)))],
        }).WithWhole(before);
    }

    private static IReadOnlyList<BadObject> PartlyReadOf(IReadOnlyList<ManifestObject> objects) =>
        [.. objects.Where(o => o.CostsRows).Select(o => new BadObject(o.Kind, o.Name, (o.Value as EndpointSlice)?.Service))];

    private ManifestFile WithWhole(ManifestFile before)
    {
        if (!HasUnreadableDocument && BadObjects.Count == 0)
        {
            return this;
        }
        var here = Objects.Select(o => (o.Kind, o.Name)).ToHashSet();
        var bad = BadObjects.Select(o => (o.Kind, o.Name)).ToHashSet();
        var kept = before.Objects.Where(o => !here.Contains((o.Kind, o.Name)) && (HasUnreadableDocument || bad.Contains((o.Kind, o.Name)))).ToArray();
        bad.ExceptWith(kept.Select(o => (o.Kind, o.Name)));
        return this with
        {
            Objects = [.. Objects, .. kept],
            IsUnread = HasUnreadableDocument && before.IsUnread,
            UnreadObjects = [.. BadObjects.Where(o => bad.Contains((o.Kind, o.Name)))],
        };
    }

    private sealed class Contents(string path, ObjectReader reader)
    {
        public readonly List<ManifestObject> Objects = [];
        public readonly List<SourceProblem> Problems = [];
        public readonly List<BadObject> BadObjects = [];
        public bool HasUnreadableDocument;
        public bool HasDocuments;
        public int Ignored;

        public void Add(ConfigDocument document)
        {
            var where = $"{path}, document {document.Number}";
            HasDocuments |= document.Root is not { Kind: ConfigNodeKind.Null };
            if (document.Root is null)
            {
                Unreadable(new(where, "", "", document.Problem ?? "is empty"));
            }
            else if (document.Root.Kind != ConfigNodeKind.Null)
            {
                Add(document.Root, where, impliedKind: null, impliedVersion: null);
            }
        }

        private void Add(ConfigNode node, string where, string? impliedKind, string? impliedVersion)
        {
            if (node.Kind != ConfigNodeKind.Mapping)
            {
                Unreadable(new(where, "", node.Text, "must be a Kubernetes object: a mapping with apiVersion, kind and metadata"));
                return;
            }
            var kind = node.Find("kind")?.Text ?? impliedKind;
            var version = node.Find("apiVersion")?.Text ?? impliedVersion;
            if (DoubleKey.Of(node) is { } twice)
            {
                Unreadable(new(where, twice.Path, "", $"{twice.Problem}; where an object ends and the next begins, a line of three dashes belongs"));
            }
            else if (string.IsNullOrEmpty(kind))
            {
                Unreadable(new(where, "kind", "", "must be given, such as Service"));
            }
            else if (kind.EndsWith("List", StringComparison.Ordinal))
            {
                AddList(node, kind, version, where);
            }
            else if (KindOf(kind, version) is { } known)
            {
                AddObject(known, node, where);
            }
            else if ((LikelySlips.OfKind(kind, version, where) ?? LikelySlips.OfList(kind, node, where)) is { } slip)
            {
                Unreadable(slip);
            }
            else
            {
                // Kinds that nobody needs are none of our business.
                Ignored++;
            }
        }

        private void AddList(ConfigNode node, string kind, string? version, string where)
        {
            var items = node.Find("items");
            var itemKind = kind == "List" ? null : kind[..^4];
            var itemVersion = itemKind is null ? null : version;
            if (items is { Kind: ConfigNodeKind.Sequence })
            {
                for (var i = 0; i < items.Items.Count; i++)
                {
                    Add(items.Items[i], $"{where}, items[{i}]", itemKind, itemVersion);
                }
            }
            else if (itemKind is null || KindOf(itemKind, version) is not null || LikelySlips.OfKind(itemKind, version, where) is not null)
            {
                // No empty list, but a broken one.
                Unreadable(new($"{where}, {kind}", "items", items?.Text ?? "", "must be a list of objects; [] for none"));
            }
            else
            {
                Ignored++;
            }
        }

        private void AddObject(ObjectKind kind, ConfigNode node, string where)
        {
            try
            {
                var read = reader.Read(kind, ConfigNodeJson.ToJson(node), where);
                var (value, metadata, problem) = read;
                var name = new NamespacedName(metadata.Namespace is { Length: > 0 } space ? space : "default", metadata.Name ?? "");
                var twice = DoubleKey.Within(node);
                if (twice is { } key)
                {
                    problem = new($"{where}, {kind} {name}", key.Path, "", key.Problem);
                }
                var slips = LikelySlips.OfKeys(kind, node);
                problem ??= slips.Where(slip => slip.IsVital)
                    .Select(slip => new SourceProblem($"{where}, {kind} {name}", slip.Path, "", $"is no field of it; did you mean {slip.Meant}?")).FirstOrDefault();
                if (problem is null && Needed.LackedBy(kind, node, metadata, value) is var (field, expected))
                {
                    problem = new($"{where}, {kind} {name}", field, "", expected);
                }
                // A slice of whose Service nobody knows may be any's.
                var isNamed = metadata.Name is { Length: > 0 } && twice?.Path.StartsWith("metadata", StringComparison.Ordinal) != true
                    && (kind != ObjectKind.EndpointSlice || metadata.IsHeadless || metadata.ServiceName is { Length: > 0 });
                if (problem is not null && !isNamed)
                {
                    Unreadable(AsWritten.In(node, problem));
                }
                else if (problem is not null)
                {
                    Problems.Add(AsWritten.In(node, problem));
                    BadObjects.Add(BadObject.Of(kind, name, metadata));
                }
                else
                {
                    Problems.AddRange(read.LeftOut.Select(part => AsWritten.In(node, part)));
                    Problems.AddRange(slips.Select(slip => new SourceProblem($"{where}, {kind} {name}", slip.Path, "", $"is no field of it and left out; did you mean {slip.Meant}?")
                    {
                        Reason = ProblemReason.PartLeftOut,
                    }));
                    Objects.Add(new(kind, name, value, where)
                    {
                        BadParts = value is null ? [] : [.. read.Parts, .. slips.Select(_ => ObjectPart.Field)],
                        CostsRows = value is not null && (read.CostsRows || slips.Count > 0),
                    });
                }
            }
            catch (ArgumentException e)
            {
                Unreadable(new(where, "", "", $"holds text that is not Unicode: {e.Message}"));
            }
        }

        // Anything may stand there.
        private void Unreadable(SourceProblem problem)
        {
            HasUnreadableDocument = true;
            Problems.Add(problem);
        }

        private static ObjectKind? KindOf(string kind, string? version) => (kind, version) switch
        {
            ("Service", "v1") => ObjectKind.Service,
            ("EndpointSlice", "discovery.k8s.io/v1") => ObjectKind.EndpointSlice,
            ("Node", "v1") => ObjectKind.Node,
            ("ConfigMap", "v1") => ObjectKind.ConfigMap,
            _ => null,
        };
    }
}
