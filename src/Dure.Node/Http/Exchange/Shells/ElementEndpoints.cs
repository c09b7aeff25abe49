using System.Text.Json;
using Dure.Exchange.Shells;
using Dure.Kernel;

namespace Dure.Node.Http.Exchange.Shells;

/// <summary>The elements of a submodel, by their paths.</summary>
internal static class ElementEndpoints
{
    private const int MaxBlobBytes = 8 << 20;

    public static void MapElements(this IEndpointRouteBuilder api, string all)
    {
        api.Read(all, call => List(call, (writer, element, _) => call.Form().WriteNormal(writer, element.Element)));
        api.Read(all + "/$metadata", call => List(call, (writer, element, _) => ShellForm.WriteMetadata(writer, element.Element)));
        api.Read(all + "/$reference", call => List(call, (writer, element, submodel) => ShellJson.Write(writer, ElementTree.ReferenceTo(submodel, ElementPath.Parse(element.Path)))));
        api.Read(all + "/$path", call => List(call, (writer, element, _) => WritePaths(writer, call.Form(), element.Element, element.Path)));
        api.Read(all + "/$value", ListValues);
        api.Change("POST", all, Post);

        var one = all + "/{idShortPath}";
        api.Read(one, call => Answer(call, (writer, element, _) => call.Form().WriteNormal(writer, element)));
        api.Read(one + "/$metadata", call => Answer(call, (writer, element, _) => ShellForm.WriteMetadata(writer, element)));
        api.Read(one + "/$value", call => Answer(call, (writer, element, _) => call.Form().WriteValue(writer, HasValue(element))));
        api.Read(one + "/$reference", call => Answer(call, (writer, _, submodel) => ShellJson.Write(writer, ElementTree.ReferenceTo(submodel, call.Path()))));
        api.Read(one + "/$path", call => Answer(call, (writer, element, _) =>
        {
            writer.WriteStartArray();
            WritePaths(writer, call.Form(), element, call.Path().ToString());
            writer.WriteEndArray();
        }));
        api.Change("POST", one, Post);
        api.Change("PUT", one, Put);
        api.Change("PATCH", one, Patch);
        api.Change("PATCH", one + "/$metadata", Patch);
        api.Change("PATCH", one + "/$value", PatchValue);
        api.Change("DELETE", one, call => SubmodelEndpoints.Change(call, (submodel, _) =>
        {
            ElementTree.Remove(ElementTree.Find(submodel, call.Path()));
            return submodel;
        }));
        api.Read(one + "/attachment", Attachment);
        api.Change("PUT", one + "/attachment", PutAttachment);
        api.Change("DELETE", one + "/attachment", DeleteAttachment);
        api.MapInvocations(one);
    }

    private static Task Answer(ShellCall call, Action<Utf8JsonWriter, SubmodelElement, Submodel> write)
    {
        var submodel = SubmodelEndpoints.Load(call);
        var element = ElementTree.Find(submodel, call.Path()).Element;
        return call.Answer(200, writer => write(writer, element, submodel));
    }

    private static Task List(ShellCall call, Action<Utf8JsonWriter, (SubmodelElement Element, string Path), Submodel> write)
    {
        var submodel = SubmodelEndpoints.Load(call);
        var (part, cursor) = call.Slice(submodel.SubmodelElements ?? []);
        return call.Page(part.Select(element => (element, element.IdShort!)), cursor, (writer, element) => write(writer, element, submodel)); // a submodel's elements have names
    }

    /// <summary>The one list whose result is an object: values by the names of their elements.</summary>
    private static Task ListValues(ShellCall call)
    {
        var submodel = SubmodelEndpoints.Load(call);
        var (part, cursor) = call.Slice(submodel.SubmodelElements ?? []);
        return call.Answer(200, writer =>
        {
            writer.WriteStartObject();
            ShellCall.WritePaging(writer, cursor, null);
            writer.WritePropertyName("result");
            call.Form().WriteValue(writer, submodel with { SubmodelElements = [.. part] });
            writer.WriteEndObject();
        });
    }

    private static void WritePaths(Utf8JsonWriter writer, ShellForm form, SubmodelElement element, string path)
    {
        foreach (var below in form.Paths(element, path))
            writer.WriteStringValue(below);
    }

    private static async Task Post(ShellCall call)
    {
        var element = await call.Read<SubmodelElement>();
        var location = "";
        await call.Store.Submodels.Change<Submodel>(SubmodelEndpoints.IdOf(call), (submodel, _) =>
        {
            var parent = call.HasId("idShortPath") ? ElementTree.Find(submodel, call.Path()).Element : (object)submodel;
            ElementTree.Add(parent, element);
            var above = call.HasId("idShortPath") ? call.Path().ToString() : "";
            location = parent is SubmodelElementList list ? $"{above}[{list.Value!.Count - 1}]" : above.Length == 0 ? element.IdShort! : $"{above}.{element.IdShort}"; // one was just added; only lists take elements without a name
            return submodel;
        }, call.Actor, call.Cancel);
        await call.Created($"/submodels/{ShellCall.Encoded(call.Id("submodelIdentifier"))}/submodel-elements/{Uri.EscapeDataString(location)}", writer => ShellJson.Write(writer, element));
    }

    /// <summary>Replaces the element, or makes it where the path names a new one below what is there.</summary>
    private static async Task Put(ShellCall call)
    {
        var (path, element, isNew) = (call.Path(), await call.Read<SubmodelElement>(), false);
        await call.Store.Submodels.Change<Submodel>(SubmodelEndpoints.IdOf(call), (submodel, _) =>
        {
            if (path.Steps[^1][0] != '[')
            {
                element.IdShort ??= path.Steps[^1];
                ShellRepositoryEndpoints.SameId(path.Steps[^1], element.IdShort);
            }
            if (ElementTree.TryFind(submodel, path) is { } spot)
                ElementTree.Replace(spot, element);
            else
            {
                ElementTree.Add(path.Above is { } above ? ElementTree.Find(submodel, above).Element : submodel, element);
                isNew = true;
            }
            return submodel;
        }, call.Actor, call.Cancel);
        if (isNew)
            await call.Created($"/submodels/{ShellCall.Encoded(call.Id("submodelIdentifier"))}/submodel-elements/{Uri.EscapeDataString(path.ToString())}", writer => ShellJson.Write(writer, element));
        else
            await call.NoContent();
    }

    private static async Task Patch(ShellCall call)
    {
        _ = call.Form(); // what is no modifier is refused, although a change has no use for one
        var bytes = await call.Bytes();
        await SubmodelEndpoints.Change(call, (submodel, _) =>
        {
            var spot = ElementTree.Find(submodel, call.Path());
            ElementTree.Replace(spot, ShellForm.Patch(spot.Element, bytes));
            return submodel;
        });
    }

    private static async Task PatchValue(ShellCall call)
    {
        _ = call.Form(); // what is no modifier is refused, although a change has no use for one
        var bytes = await call.Bytes();
        await SubmodelEndpoints.Change(call, (submodel, _) =>
        {
            ShellForm.ApplyValue(bytes, ElementTree.Find(submodel, call.Path()).Element);
            return submodel;
        });
    }

    private static async Task Attachment(ShellCall call)
    {
        var document = call.Store.Submodels.Find(SubmodelEndpoints.IdOf(call));
        switch (ElementTree.Find(call.Store.Submodels.Load<Submodel>(document), call.Path()).Element)
        {
            case FileElement file:
                await ShellFiles.Send(call, document.Files.FirstOrDefault(stored => stored.Name == file.Value) ?? throw Unknown("The element has no file here."));
                break;
            case BlobElement { Value: { } value } blob:
                call.Context.Response.ContentType = blob.ContentType ?? "application/octet-stream";
                call.Context.Response.Headers.ContentDisposition = ShellFiles.Disposition(blob.IdShort ?? "blob");
                await call.Context.Response.Body.WriteAsync(Convert.FromBase64String(value), call.Cancel);
                break;
            default:
                throw Unknown("The element has no file here.");
        }
    }

    private static async Task PutAttachment(ShellCall call)
    {
        var file = await ShellFiles.Receive(call);
        var content = file.Bytes <= MaxBlobBytes ? call.Store.Blobs.Read(file.Content, MaxBlobBytes) : null;
        await SubmodelEndpoints.Change(call, (submodel, files) =>
        {
            switch (ElementTree.Find(submodel, call.Path()).Element)
            {
                case FileElement element:
                    (element.Value, element.ContentType) = (file.Name, file.ContentType);
                    files.RemoveAll(other => other.Name == file.Name);
                    files.Add(file);
                    break;
                case BlobElement element:
                    element.Value = content is not null ? Convert.ToBase64String(content) : throw ShellCall.Bad("part 'file'", $"The file is larger than {MaxBlobBytes >> 20} MiB.", "Use a File element for it.");
                    element.ContentType = file.ContentType;
                    break;
                default:
                    throw NoFile();
            }
            return submodel;
        });
    }

    /// <summary>The one removal that is answered with 200.</summary>
    private static async Task DeleteAttachment(ShellCall call)
    {
        await call.Store.Submodels.Change<Submodel>(SubmodelEndpoints.IdOf(call), (submodel, _) => WithoutFile(submodel, call.Path()), call.Actor, call.Cancel);
        call.Context.Response.StatusCode = StatusCodes.Status200OK;
    }

    private static Submodel WithoutFile(Submodel submodel, ElementPath path)
    {
        switch (ElementTree.Find(submodel, path).Element)
        {
            case FileElement { Value: not null } file:
                file.Value = null;
                break;
            case BlobElement { Value: not null } blob:
                blob.Value = null;
                break;
            case FileElement or BlobElement:
                throw Unknown("The element has no file here.");
            default:
                throw NoFile();
        }
        return submodel;
    }

    private static SubmodelElement HasValue(SubmodelElement element) => ShellForm.HasValue(element) ? element
        : throw ShellCall.Bad("idShortPath", "Operations and capabilities have no value.", "Ask for the element itself, or its metadata.");

    private static ProblemException NoFile() => ShellCall.Bad("idShortPath", "The element is neither a File nor a Blob.", "Name one that is.");

    private static ProblemException Unknown(string what) => new("urn:dure:exchange:unknown-shell-part", what, "idShortPath", "Look at the element first.");
}
