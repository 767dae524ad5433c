using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;
using NetAgent.Dataplane.Tables;

namespace NetAgent.Dataplane.Routes;

/// <summary>Links of kind dummy. A link of another kind is never taken for one, nor deleted, whatever its name.</summary>
internal sealed class DummyLinkTable(NetlinkConnection connection) : IKernelTable<string, DummyLink>
{
    private const string Kind = "dummy";

    public string Name => "links";

    public IReadOnlyDictionary<string, DummyLink> Read() => connection.ReadLinks()
        .Where(link => link.Kind == Kind)
        .ToDictionary(link => link.Name, link => new DummyLink(link.Name), StringComparer.Ordinal);

    public void Apply(IReadOnlyList<RowChange<DummyLink>> changes, ICollection<RowRefusal> refusals)
    {
        for (var i = 0; i < changes.Count; i++)
        {
            var name = changes[i].Row.Name;
            var removes = changes[i].Kind == RowChangeKind.Remove;
            var operation = removes ? "RTM_DELLINK" : "RTM_NEWLINK";
            try
            {
                var link = connection.FindLink(name);
                if (removes)
                {
                    Delete(i, link, refusals);
                }
                else if (link is null)
                {
                    Create(i, name, refusals);
                }
                else if (link.Value.Kind != Kind)
                {
                    var kind = link.Value.Kind.Length == 0 ? "a physical device" : $"of kind {link.Value.Kind}";
                    refusals.Add(new(i, operation, Errno.Exists,
                        $"{name}: a link of that name exists and is {kind}, not {Kind}; remove or rename it"));
                }
            }
            catch (KernelException e)
            {
                refusals.Add(new(i, operation, e.Errno, $"{name}: {e.Message}"));
            }
        }
    }

    private void Create(int index, string name, ICollection<RowRefusal> refusals)
    {
        var failure = connection.Send(name, static (ref writer, name) => LinkCodec.WriteNew(ref writer, name, Kind));
        if (failure is not null && failure.Errno != Errno.Exists)
        {
            var hint = failure.Errno == Errno.NotSupported ? "; load the module dummy" : "";
            refusals.Add(new(index, "RTM_NEWLINK", failure.Errno, $"{name}: {failure.Describe()}{hint}"));
        }
    }

    private void Delete(int index, Link? link, ICollection<RowRefusal> refusals)
    {
        if (link is not { Kind: Kind } found)
        {
            return;
        }
        var failure = connection.Send(found.Index, LinkCodec.WriteDelete);
        if (failure is not null && failure.Errno != Errno.NoDevice)
        {
            refusals.Add(new(index, "RTM_DELLINK", failure.Errno, $"{found.Name}: {failure.Describe()}"));
        }
    }
}
