using System.Text.Json;
using Dure.Kernel;

namespace Dure.Exchange.Shells;

/// <summary>Runs queries over the shelves of a store.</summary>
public sealed class ShellSearch(ShellStore store)
{
    private static readonly JsonDocumentOptions options = new() { MaxDepth = ShellJson.MaxDepth };

    public ShelfPage Shells(ShellQuery query, string? cursor, int limit, CancellationToken cancel)
    {
        Allow(query, "aas", "sm", "sme");
        var needsSubmodels = query.Kinds.Overlaps(["sm", "sme"]);
        return store.Shells.Page(document => FitsShell(query, document, needsSubmodels), cursor, limit, cancel);
    }

    public ShelfPage Submodels(ShellQuery query, string? cursor, int limit, CancellationToken cancel) => Run(store.Submodels, query, ["sm", "sme"], cursor, limit, cancel);

    public ShelfPage Concepts(ShellQuery query, string? cursor, int limit, CancellationToken cancel) => Run(store.Concepts, query, ["cd"], cursor, limit, cancel);

    public ShelfPage ShellDescriptors(ShellQuery query, string? cursor, int limit, CancellationToken cancel) => Run(store.ShellDescriptors, query, ["aasdesc"], cursor, limit, cancel);

    public ShelfPage SubmodelDescriptors(ShellQuery query, string? cursor, int limit, CancellationToken cancel) => Run(store.SubmodelDescriptors, query, ["smdesc"], cursor, limit, cancel);

    /// <summary>Looks at the raw bytes first; most documents need not be parsed then.</summary>
    private static ShelfPage Run(ShellShelf shelf, ShellQuery query, string[] kinds, string? cursor, int limit, CancellationToken cancel)
    {
        Allow(query, kinds);
        return shelf.Page(document =>
        {
            var content = shelf.Content(document);
            if (!query.MayFit(content.Span))
                return false;
            using var json = JsonDocument.Parse(content, options);
            return query.Fits(new QueryRoots { [kinds[0]] = [json.RootElement] });
        }, cursor, limit, cancel);
    }

    private bool FitsShell(ShellQuery query, StoredDocument document, bool needsSubmodels)
    {
        using var shell = JsonDocument.Parse(store.Shells.Content(document), options);
        var roots = new QueryRoots { ["aas"] = [shell.RootElement] };
        var submodels = needsSubmodels ? SubmodelsOf(shell.RootElement) : [];
        try
        {
            roots["sm"] = [.. submodels.Select(submodel => submodel.RootElement)];
            return query.Fits(roots);
        }
        finally
        {
            submodels.ForEach(submodel => submodel.Dispose());
        }
    }

    private List<JsonDocument> SubmodelsOf(JsonElement shell)
    {
        var found = new List<JsonDocument>();
        if (shell.TryGetProperty("submodels", out var references))
            foreach (var reference in references.EnumerateArray())
                if (store.Submodels.TryFind(StoredDocument.JoinKeys(reference)) is { } submodel)
                    found.Add(JsonDocument.Parse(store.Submodels.Content(submodel), options));
        return found;
    }

    private static void Allow(ShellQuery query, params string[] kinds)
    {
        if (query.Kinds.Except(kinds).FirstOrDefault() is { } other)
            throw new ProblemException("urn:dure:exchange:bad-shell-query", $"Fields of '${other}' cannot be asked for here.", "$field", $"Use fields of {string.Join(", ", kinds.Select(kind => "$" + kind))}.");
    }
}
