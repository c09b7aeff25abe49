using System.Text.Json.Nodes;
using Dure.Exchange.Conformance;
using Dure.Exchange.Processes;
using Dure.Exchange.Protocol;
using Dure.Kernel;
using Dure.Node.Hosting;

namespace Dure.Node.Http.Exchange;

/// <summary>What a compatibility kit needs beside the protocol: triggers for this node's consumer role, and the catalogue of the script.</summary>
internal static class ScriptEndpoints
{
    private const string Anyone = "kit";

    public static void MapScriptedExchange(this IEndpointRouteBuilder app)
    {
        app.MapPost("/exchange/test/negotiations", context => Trigger(context, Negotiate)).AllowAnonymous().ExcludeFromDescription();
        app.MapPost("/exchange/test/transfers", context => Trigger(context, Transfer)).AllowAnonymous().ExcludeFromDescription();
        app.MapPost($"{DspEndpoints.Root}/catalog/request", context => Tell(context, Catalog)).AllowAnonymous().ExcludeFromDescription();
        app.MapGet($"{DspEndpoints.Root}/catalog/datasets/{{id}}", context => Tell(context, Dataset)).AllowAnonymous().ExcludeFromDescription();
    }

    private static async Task Trigger(HttpContext context, Func<ProcessDesk, JsonObject, CancellationToken, Task<ExchangeProcess>> begin)
    {
        if (await DspRequest.Caller(context) is null)
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }
        var process = await begin(context.RequestServices.GetRequiredService<ProcessDesk>(), await DspRequest.Body(context), context.RequestAborted);
        await DspRequest.Write(context, StatusCodes.Status200OK, new JsonObject { ["id"] = process.Pid });
    }

    private static Task<ExchangeProcess> Negotiate(ProcessDesk desk, JsonObject request, CancellationToken cancel)
    {
        var dataset = Requests.Text(request, "datasetId");
        var offer = OfferOf(Requests.Text(request, "offerId"));
        offer["target"] = dataset;
        return desk.Begin(MessageKind.ContractRequest, new ProcessStep.Beginning(Role.Consumer, ScriptedConduct.Caller, AddressIn(request), dataset, [], null, null),
            pid => Compose.FirstRequest(pid, offer, desk.OwnAddress, []), Anyone, cancel);
    }

    private static Task<ExchangeProcess> Transfer(ProcessDesk desk, JsonObject request, CancellationToken cancel)
    {
        var (agreement, format) = (Requests.Text(request, "agreementId"), Requests.Text(request, "format"));
        return desk.Begin(MessageKind.TransferRequest, new ProcessStep.Beginning(Role.Consumer, ScriptedConduct.Caller, AddressIn(request), agreement, [], agreement, format),
            pid => Compose.TransferRequest(pid, agreement, format, desk.OwnAddress, null, []), Anyone, cancel);
    }

    private static async Task Tell(HttpContext context, Func<HttpContext, JsonObject?, (int, JsonObject)> answer)
    {
        try
        {
            var (status, body) = await DspRequest.Caller(context) is null
                ? (StatusCodes.Status401Unauthorized, Dsp.CatalogError("unauthorised", "The caller has not proved who it is."))
                : answer(context, HttpMethods.IsPost(context.Request.Method) ? await DspRequest.Body(context) : null);
            await DspRequest.Write(context, status, body);
        }
        catch (ProblemException refused)
        {
            await DspRequest.Write(context, DspRequest.StatusOf(refused.Problem), Dsp.CatalogError(refused.Problem.Type, refused.Problem.What));
        }
    }

    private static (int, JsonObject) Catalog(HttpContext context, JsonObject? request)
    {
        MessageReader.CheckContext(request!);
        var (script, address) = Parts(context);
        var body = Dsp.Message("Catalog");
        body["@id"] = $"{address.Did}#catalog";
        body["participantId"] = address.Did.Value;
        body["service"] = new JsonArray(Service(address));
        body["dataset"] = new JsonArray([.. script.Datasets.Select(entry => DatasetOf(entry.Key, entry.Value, address))]);
        return (StatusCodes.Status200OK, body);
    }

    private static (int, JsonObject) Dataset(HttpContext context, JsonObject? _)
    {
        var (script, address) = Parts(context);
        var id = (string)context.Request.RouteValues["id"]!;
        if (!script.Datasets.TryGetValue(id, out var dataset))
            return (StatusCodes.Status404NotFound, Dsp.CatalogError("urn:dure:exchange:unknown-dataset", "There is no such dataset for you."));
        var body = DatasetOf(id, dataset, address);
        body.Insert(0, "@context", new JsonArray(Dsp.Context));
        return (StatusCodes.Status200OK, body);
    }

    private static JsonObject DatasetOf(string id, ScriptedDataset dataset, NodeAddress address) => new()
    {
        ["@id"] = id,
        ["@type"] = "Dataset",
        ["hasPolicy"] = new JsonArray(OfferOf(dataset.Offer)),
        ["distribution"] = new JsonArray(new JsonObject { ["@type"] = "Distribution", ["format"] = Dsp.PullFormat, ["accessService"] = Service(address) }),
    };

    private static JsonObject OfferOf(string id) => new() { ["@id"] = id, ["@type"] = "Offer", ["permission"] = new JsonArray(new JsonObject { ["action"] = "use" }) };

    private static JsonObject Service(NodeAddress address) => new() { ["@id"] = $"{address.Did}#dsp", ["@type"] = "DataService", ["endpointURL"] = address.At(DspEndpoints.Root).AbsoluteUri };

    private static (ExchangeScript, NodeAddress) Parts(HttpContext context) => (context.RequestServices.GetRequiredService<ExchangeScript>(), context.RequestServices.GetRequiredService<NodeAddress>());

    private static Uri AddressIn(JsonObject request) => Uri.TryCreate(Requests.Text(request, "connectorAddress"), UriKind.Absolute, out var address) ? address
        : throw new ProblemException("urn:dure:http:bad-field", "The address is none.", "field 'connectorAddress'", "Send an absolute web address.");
}
