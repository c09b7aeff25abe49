using Dure.Exchange.Shells;

namespace Dure.Node.Http.Exchange.Shells;

/// <summary>Questions in the query language of V3.1, one path for each kind of document.</summary>
internal static class ShellQueryEndpoints
{
    private delegate ShelfPage Search(ShellSearch search, ShellQuery query, ShellCall call);

    public static void MapShellQueries(this IEndpointRouteBuilder api)
    {
        Map(api, "shells", "AssetAdministrationShell", store => store.Shells, (search, query, call) => search.Shells(query, call.Cursor, call.Limit(), call.Cancel));
        Map(api, "submodels", "Submodel", store => store.Submodels, (search, query, call) => search.Submodels(query, call.Cursor, call.Limit(), call.Cancel));
        Map(api, "concept-descriptions", "ConceptDescription", store => store.Concepts, (search, query, call) => search.Concepts(query, call.Cursor, call.Limit(), call.Cancel));
        Map(api, "shell-descriptors", "AssetAdministrationShellDescriptor", store => store.ShellDescriptors, (search, query, call) => search.ShellDescriptors(query, call.Cursor, call.Limit(), call.Cancel));
        Map(api, "submodel-descriptors", "SubmodelDescriptor", store => store.SubmodelDescriptors, (search, query, call) => search.SubmodelDescriptors(query, call.Cursor, call.Limit(), call.Cancel));
    }

    private static void Map(IEndpointRouteBuilder api, string kind, string type, Func<ShellStore, ShellShelf> shelf, Search search) => api.Ask($"/query/{kind}", async call =>
    {
        var query = ShellQuery.Parse(await call.Bytes());
        var page = search(new ShellSearch(call.Store), query, call);
        await call.Answer(200, writer =>
        {
            writer.WriteStartObject();
            ShellCall.WritePaging(writer, page.Cursor, query.OnlyIds ? "Identifier" : type);
            writer.WriteStartArray("result");
            foreach (var document in page.Documents)
                if (query.OnlyIds)
                    writer.WriteStringValue(document.Id);
                else
                    writer.WriteRawValue(shelf(call.Store).Content(document).Span, skipInputValidation: true);
            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    });
}
