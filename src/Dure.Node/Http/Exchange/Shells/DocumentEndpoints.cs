using System.Text.Json;
using Dure.Exchange.Shells;

namespace Dure.Node.Http.Exchange.Shells;

/// <summary>Listing, reading, making, replacing and removing whole documents of a shelf by id: what concepts and both registries have in common.</summary>
/// <param name="Path">The list's path, for example <c>/concept-descriptions</c>.</param>
/// <param name="Key">The name of the identifier in the path.</param>
internal sealed record DocumentRoutes<T>(string Path, string Key, Func<ShellStore, ShellShelf> Shelf, Func<T, string> IdOf) where T : class
{
    /// <param name="fits">Makes, from a call, what its list is filtered by.</param>
    public void Map(IEndpointRouteBuilder api, Func<ShellCall, Func<StoredDocument, bool>> fits)
    {
        var one = $"{Path}/{{{Key}}}";
        api.Read(Path, call => List(call, fits(call)));
        api.Change("POST", Path, Post);
        api.Read(one, call => call.Answer(200, Shelf(call.Store).Content(Shelf(call.Store).Find(call.Id(Key)))));
        api.Change("PUT", one, Put);
        api.Change("DELETE", one, Delete);
    }

    private Task List(ShellCall call, Func<StoredDocument, bool> fits)
    {
        var page = Shelf(call.Store).Page(fits, call.Cursor, call.Limit(), call.Cancel);
        return call.Page(page.Documents, page.Cursor, (writer, document) => writer.WriteRawValue(Shelf(call.Store).Content(document).Span, skipInputValidation: true));
    }

    private async Task Post(ShellCall call)
    {
        var value = await call.Read<T>();
        await Shelf(call.Store).Put(IdOf(value), value, Putting.OnlyNew, call.Actor, call.Cancel);
        await Created(call, value);
    }

    private async Task Put(ShellCall call)
    {
        var (id, value) = (call.Id(Key), await call.Read<T>());
        ShellRepositoryEndpoints.SameId(id, IdOf(value));
        if (await Shelf(call.Store).Put(id, value, Putting.Either, call.Actor, call.Cancel))
            await Created(call, value);
        else
            await call.NoContent();
    }

    private async Task Delete(ShellCall call)
    {
        await Shelf(call.Store).Remove(Shelf(call.Store).Find(call.Id(Key)).Id, call.Actor, call.Cancel);
        await call.NoContent();
    }

    private Task Created(ShellCall call, T value) => call.Created($"{Path}/{ShellCall.Encoded(IdOf(value))}", writer => ShellJson.Write(writer, value));
}

/// <summary>Concept descriptions and descriptors: the repositories and registries that are lists of whole documents.</summary>
internal static class DocumentEndpoints
{
    public static readonly DocumentRoutes<ShellDescriptor> Shells = new("/shell-descriptors", "aasIdentifier", store => store.ShellDescriptors, descriptor => descriptor.Id);
    public static readonly DocumentRoutes<SubmodelDescriptor> Submodels = new("/submodel-descriptors", "submodelIdentifier", store => store.SubmodelDescriptors, descriptor => descriptor.Id);

    public static void MapConcepts(this IEndpointRouteBuilder api) =>
        new DocumentRoutes<ConceptDescription>("/concept-descriptions", "cdIdentifier", store => store.Concepts, concept => concept.Id).Map(api, ConceptFilter);

    private static Func<StoredDocument, bool> ConceptFilter(ShellCall call)
    {
        var idShort = call.Query("idShort");
        var (isCaseOf, specification) = (KeysOf(call, "isCaseOf"), KeysOf(call, "dataSpecificationRef"));
        return document =>
        {
            if (idShort is not null && document.IdShort != idShort)
                return false;
            if (isCaseOf is null && specification is null)
                return true;
            var concept = call.Store.Concepts.Load<ConceptDescription>(document);
            return (isCaseOf is null || concept.IsCaseOf?.Any(isCaseOf.HasSameKeys) == true)
                && (specification is null || concept.EmbeddedDataSpecifications?.Any(embedded => specification.HasSameKeys(embedded.DataSpecification)) == true);
        };
    }

    private static Reference? KeysOf(ShellCall call, string name) =>
        call.DecodedList(name) is [var text, ..] ? ShellJson.Read<Reference>(System.Text.Encoding.UTF8.GetBytes(text)).OrThrow() : null;
}
