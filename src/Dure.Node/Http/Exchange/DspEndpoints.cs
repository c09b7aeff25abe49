using System.Text.Json.Nodes;
using Dure.Exchange.Processes;
using Dure.Exchange.Protocol;
using Dure.Kernel;
using Dure.Node.Hosting;

namespace Dure.Node.Http.Exchange;

/// <summary>
/// The Dataspace Protocol 2025-1 over HTTP, both roles under one address: a process's id tells which role this node has in it.
/// Callers prove who they are by a token of their own, so these doors are open to the node's own access control.
/// </summary>
internal static class DspEndpoints
{
    public const string Root = "/dsp";

    public static void MapDsp(this IEndpointRouteBuilder app)
    {
        app.MapGet("/.well-known/dspace-version", (NodeAddress address) => Dsp.VersionBody(Root, address.Did.Value)).AllowAnonymous().ExcludeFromDescription();

        var dsp = app.MapGroup(Root).AllowAnonymous().ExcludeFromDescription();
        dsp.MapPost("/negotiations/request", context => Open(context, MessageKind.ContractRequest));
        dsp.MapPost("/negotiations/offers", context => Open(context, MessageKind.ContractOffer));
        dsp.MapPost("/negotiations/{pid}/request", context => Receive(context, MessageKind.ContractRequest));
        dsp.MapPost("/negotiations/{pid}/offers", context => Receive(context, MessageKind.ContractOffer));
        dsp.MapPost("/negotiations/{pid}/agreement", context => Receive(context, MessageKind.ContractAgreement));
        dsp.MapPost("/negotiations/{pid}/agreement/verification", context => Receive(context, MessageKind.ContractVerification));
        dsp.MapPost("/negotiations/{pid}/events", context => Receive(context, MessageKind.ContractAcceptance, MessageKind.ContractFinalization));
        dsp.MapPost("/negotiations/{pid}/termination", context => Receive(context, MessageKind.ContractTermination));
        dsp.MapGet("/negotiations/{pid}", context => Tell(context, ProcessKind.Negotiation));

        dsp.MapPost("/transfers/request", context => Open(context, MessageKind.TransferRequest));
        dsp.MapPost("/transfers/{pid}/start", context => Receive(context, MessageKind.TransferStart));
        dsp.MapPost("/transfers/{pid}/completion", context => Receive(context, MessageKind.TransferCompletion));
        dsp.MapPost("/transfers/{pid}/suspension", context => Receive(context, MessageKind.TransferSuspension));
        dsp.MapPost("/transfers/{pid}/termination", context => Receive(context, MessageKind.TransferTermination));
        dsp.MapGet("/transfers/{pid}", context => Tell(context, ProcessKind.Transfer));
    }

    private static Task Open(HttpContext context, MessageKind kind) => Answer(context, kind.Process(), async (desk, caller) =>
        await desk.Open(kind, caller, await DspRequest.Body(context), context.RequestAborted));

    private static Task Receive(HttpContext context, params MessageKind[] kinds) => Answer(context, kinds[0].Process(), async (desk, caller) =>
        await desk.Receive(Pid(context), caller, await DspRequest.Body(context), kinds, context.RequestAborted));

    private static Task Tell(HttpContext context, ProcessKind kind) => Answer(context, kind, (desk, caller) => desk.Tell(kind, Pid(context), caller, context.RequestAborted));

    private static async Task Answer(HttpContext context, ProcessKind kind, Func<ProcessDesk, string, Task<Answer>> work)
    {
        Answer answer;
        try
        {
            answer = await DspRequest.Caller(context) is { } caller
                ? await work(context.RequestServices.GetRequiredService<ProcessDesk>(), caller)
                : new Answer(StatusCodes.Status401Unauthorized, Dsp.ProcessError(kind, "unknown", "unknown", "unauthorised", "The caller has not proved who it is."));
        }
        catch (ProblemException refused)
        {
            var told = OutsideProblems.Told(context, refused);
            answer = new Answer(DspRequest.StatusOf(told), Dsp.ProcessError(kind, "unknown", "unknown", told.Type, $"{told.What} {told.Mend}"));
        }
        if (answer.Trouble is { } trouble)
            OutsideProblems.Told(context, trouble);
        await DspRequest.Write(context, answer.Status, answer.Body);
    }

    private static string Pid(HttpContext context) => (string)context.Request.RouteValues["pid"]!;
}
