using System.Buffers;
using System.Text.Json;
using NetAgent.Cluster.Api.Streams;

namespace NetAgent.Cluster.Api;

/// <summary>A list, read page by page and object by object.</summary>
/// <param name="client">To the server.</param>
/// <param name="options">Page size and the time a page may stand still.</param>
internal sealed class PagedList(ApiClient client, ApiServerOptions options)
{
    /// <summary>Called when a page is begun.</summary>
    public Action OnHeard { get; init; } = () => { };

    /// <summary>Reads all of it; returns the list's resourceVersion. Exceptions as for <see cref="ApiClient"/>.</summary>
    /// <param name="resource">What to list.</param>
    /// <param name="selection">Its selectors.</param>
    /// <param name="begin">Called before the first object; again where all objects so far do not count.</param>
    /// <param name="take">Called for each object.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async Task<string> ReadAsync(Resource resource, ListQuery selection, Action begin, Action<ReadOnlySequence<byte>> take,
        CancellationToken cancellationToken)
    {
        begin();
        string? version = null;
        string? page = null;
        var limit = options.PageSize;
        do
        {
            try
            {
                using var response = await resource.ListAsync(client, selection with { Limit = limit, Continue = page }, cancellationToken);
                OnHeard();
                await using var reader = new IdleReader(await response.Content.ReadAsStreamAsync(cancellationToken), options.Time);
                var list = new ListStream(reader, options.ReadIdleLimit);
                while (await list.NextAsync(cancellationToken))
                {
                    take(list.Item);
                }
                (version, page) = (list.ResourceVersion, list.Continue);
            }
            catch (ApiException e) when (e.NeedsNewList && page is not null)
            {
                // The pages expired while we read them, so this cluster is too large or too busy for pages: all in one.
                (page, limit) = ("", 0);
                begin();
            }
        }
        while (page is not null);
        return version ?? throw new JsonException("the list has no metadata.resourceVersion");
    }
}
