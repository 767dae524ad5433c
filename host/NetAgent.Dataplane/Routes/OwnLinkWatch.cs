using NetAgent.Contracts;
using NetAgent.Dataplane.Netlink;

namespace NetAgent.Dataplane.Routes;

/// <summary>
/// Remembers what rtnetlink last said of each claimed link and its addresses, until the loop compares it with what it believes. The
/// agent's own writes agree with that and cost nothing more; the kernel does not tell who made a change.
/// </summary>
internal sealed class OwnLinkWatch
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, bool> _links = new(StringComparer.Ordinal);
    private readonly Dictionary<LinkAddressKey, bool> _addresses = [];
    private readonly Dictionary<int, string> _names = [];
    private HashSet<string> _watched = new(StringComparer.Ordinal);
    private bool _mayHaveMissed;

    /// <summary>
    /// Watches exactly these. <paramref name="findIndex"/> is asked for those that are new; 0 stands for one that is not there.
    /// </summary>
    public void Watch(IReadOnlyCollection<string> links, Func<string, int> findIndex)
    {
        string[] added;
        lock (_gate)
        {
            if (_watched.SetEquals(links))
            {
                return;
            }
            added = [.. links.Where(link => !_watched.Contains(link))];
            _watched = links.ToHashSet(StringComparer.Ordinal);
        }
        // One that appears from here on tells its number itself.
        foreach (var link in added)
        {
            if (findIndex(link) is not 0 and var index)
            {
                lock (_gate)
                {
                    _names[index] = link;
                }
            }
        }
    }

    /// <summary>Takes note of a message; true when it is about a watched link.</summary>
    public bool Note(NetlinkMessage message)
    {
        switch (message.Type)
        {
            case RtnetlinkFormat.NewLink or RtnetlinkFormat.DeleteLink:
                return NoteLink(LinkCodec.Read(message), message.Type == RtnetlinkFormat.NewLink);
            case RtnetlinkFormat.NewAddress or RtnetlinkFormat.DeleteAddress:
                return AddressCodec.TryRead(message, out var index, out var prefix)
                    && NoteAddress(index, prefix.Address, message.Type == RtnetlinkFormat.NewAddress);
            default:
                return false;
        }
    }

    /// <summary>Messages were lost: anything may have changed.</summary>
    public void Missed()
    {
        lock (_gate)
        {
            _mayHaveMissed = true;
        }
    }

    /// <summary>Whether something that was heard since the last call is not as believed.</summary>
    public bool TakeDifference(Func<string, bool> hasLink, Func<LinkAddressKey, bool> hasAddress)
    {
        lock (_gate)
        {
            var differs = _mayHaveMissed || _links.Any(link => hasLink(link.Key) != link.Value)
                || _addresses.Any(address => hasAddress(address.Key) != address.Value);
            _mayHaveMissed = false;
            _links.Clear();
            _addresses.Clear();
            return differs;
        }
    }

    private bool NoteLink(Link link, bool isThere)
    {
        lock (_gate)
        {
            if (!_watched.Contains(link.Name))
            {
                // Numbers are given again, and names are changed.
                return _names.Remove(link.Index);
            }
            _links[link.Name] = isThere;
            if (isThere)
            {
                _names[link.Index] = link.Name;
            }
            else
            {
                _names.Remove(link.Index);
            }
            return true;
        }
    }

    private bool NoteAddress(int index, InetAddress address, bool isThere)
    {
        lock (_gate)
        {
            // Link-local addresses are the kernel's own.
            if (!_names.TryGetValue(index, out var link) || (address.Family == IpFamily.IPv6 && address.IsLinkLocal))
            {
                return false;
            }
            _addresses[new(link, address)] = isThere;
            return true;
        }
    }
}
