using System.Text.Json;
using Dure.Exchange.Shells;
using Dure.Kernel;
using Dure.Node.Shells;

namespace Dure.Node.Http.Exchange.Shells;

/// <summary>
/// Invoking operations, at once or with a handle to ask by. Only questions to this node are carried out; everything else ends as failed, and
/// says why: acting on machines passes one gate, and no operation of a shell is connected to it.
/// </summary>
internal static class InvocationEndpoints
{
    /// <summary>What came of an invocation, and of which operation.</summary>
    private sealed record Outcome(string Submodel, string Path, IReadOnlyList<SubmodelElement>? Outputs, string Failure);

    private static readonly KeptOutcomes<Outcome> outcomes = new();

    public static void MapInvocations(this IEndpointRouteBuilder api, string one)
    {
        api.Ask(one + "/invoke", async call => await Answer(call, await Invoke(call, InvocationRequest.ReadArguments, isAsync: false), isValueOnly: false));
        api.Ask(one + "/invoke/$value", async call => await Answer(call, await Invoke(call, InvocationRequest.ReadValues, isAsync: false), isValueOnly: true));
        api.Ask(one + "/invoke-async", async call => Accept(call, await Invoke(call, InvocationRequest.ReadArguments, isAsync: true)));
        api.Ask(one + "/invoke-async/$value", async call => Accept(call, await Invoke(call, InvocationRequest.ReadValues, isAsync: true)));
        api.Read(one + "/operation-status/{handleId}", Status);
        api.Read(one + "/operation-results/{handleId}", call => Answer(call, Find(call), isValueOnly: false));
        api.Read(one + "/operation-results/{handleId}/$value", call => Answer(call, Find(call), isValueOnly: true));
    }

    private static async Task<Outcome> Invoke(ShellCall call, Func<JsonElement, Operation, IReadOnlyList<SubmodelElement>> read, bool isAsync)
    {
        var submodel = SubmodelEndpoints.Load(call);
        var operation = ElementTree.Find(submodel, call.Path()).Element as Operation ?? throw ShellCall.Bad("idShortPath", "The element is not an operation.", "Name an operation.");
        using var body = JsonDocument.Parse(await call.Bytes());
        InvocationRequest.CheckForm(body.RootElement, isAsync);
        var inputs = read(body.RootElement, operation);
        var outputs = call.Context.RequestServices.GetRequiredService<QuestionDesk>().TryAnswer(submodel, operation, inputs, out var failure);
        return new Outcome(submodel.Id, call.Path().ToString(), outputs, failure);
    }

    private static void Accept(ShellCall call, Outcome outcome)
    {
        var path = call.Context.Request.Path.Value!; // a mapped request has a path
        call.Context.Response.Headers.Location = $"{path[..path.LastIndexOf("/invoke-async", StringComparison.Ordinal)]}/operation-status/{outcomes.Keep(outcome)}";
        call.Context.Response.StatusCode = StatusCodes.Status202Accepted;
    }

    private static Task Status(ShellCall call)
    {
        _ = Find(call);
        call.Context.Response.Headers.Location = call.Context.Request.Path.Value!.Replace("/operation-status/", "/operation-results/", StringComparison.Ordinal); // a mapped request has a path
        call.Context.Response.StatusCode = StatusCodes.Status302Found;
        return Task.CompletedTask;
    }

    private static Outcome Find(ShellCall call) =>
        outcomes.TryFind((string?)call.Context.Request.RouteValues["handleId"] ?? "", out var outcome) && outcome.Submodel == SubmodelEndpoints.IdOf(call) && outcome.Path == call.Path().ToString() ? outcome
        : throw new ProblemException("urn:dure:exchange:unknown-shell-part", "There is no invocation of this handle.", "handleId", "Use the handle that the invocation was answered with.");

    private static Task Answer(ShellCall call, Outcome outcome, bool isValueOnly) => call.Answer(StatusCodes.Status200OK, writer =>
    {
        writer.WriteStartObject();
        if (outcome.Outputs is null)
        {
            writer.WriteStartArray("messages");
            ShellResults.WriteMessage(writer, call.Context, "Error", "not-carried-out", outcome.Failure);
            writer.WriteEndArray();
        }
        writer.WriteString("executionState", outcome.Outputs is null ? "Failed" : "Completed");
        writer.WriteBoolean("success", outcome.Outputs is not null);
        if (outcome.Outputs is { } outputs)
            WriteOutputs(writer, outputs, isValueOnly);
        writer.WriteEndObject();
    });

    private static void WriteOutputs(Utf8JsonWriter writer, IReadOnlyList<SubmodelElement> outputs, bool isValueOnly)
    {
        writer.WritePropertyName("outputArguments");
        if (isValueOnly)
        {
            new ShellForm().WriteValue(writer, new Submodel { SubmodelElements = outputs });
            return;
        }
        writer.WriteStartArray();
        foreach (var output in outputs)
            ShellJson.Write(writer, new OperationVariable { Value = output });
        writer.WriteEndArray();
    }
}

/// <summary>What an invocation brings: its form, and its arguments as the operation declares them.</summary>
internal static class InvocationRequest
{
    private const string Inputs = "inputArguments";
    private const string Timeout = "clientTimeoutDuration";

    public static void CheckForm(JsonElement body, bool isAsync)
    {
        if (body.ValueKind != JsonValueKind.Object)
            throw ShellCall.Bad("request body", "The body is not an object.", $"Send an object with '{Inputs}'.");
        foreach (var member in body.EnumerateObject())
            if (member.Name is not (Inputs or "inoutputArguments" or Timeout))
                throw ShellCall.Bad(member.Name, "The member is not one of an invocation.", $"Send '{Inputs}', 'inoutputArguments' and '{Timeout}'.");
        var hasTimeout = body.TryGetProperty(Timeout, out var timeout);
        if (hasTimeout ? timeout.ValueKind != JsonValueKind.String || !XsdLiteral.Is(XsdType.Duration, timeout.GetString()!) : isAsync) // a string token has a string
            throw ShellCall.Bad(Timeout, "The duration is missing or is none.", "Send it as an xs:duration, such as PT30S.");
    }

    /// <summary>Arguments as elements; each is one that the operation declares, of the same kind and type.</summary>
    public static IReadOnlyList<SubmodelElement> ReadArguments(JsonElement body, Operation operation)
    {
        if (!body.TryGetProperty(Inputs, out var given))
            return [];
        if (given.ValueKind != JsonValueKind.Array)
            throw ShellCall.Bad(Inputs, "The member is not a list.", "Send a list of objects with 'value'.");
        var inputs = given.EnumerateArray().Select(item => ShellJson.Read<OperationVariable>(item).OrThrow().Value).ToList();
        foreach (var input in inputs)
        {
            if (Declared(operation).FirstOrDefault(declared => declared.IdShort == input.IdShort) is not { } declared || declared.GetType() != input.GetType() || (declared as Property)?.ValueType != (input as Property)?.ValueType)
                throw ShellCall.Bad(Inputs, $"The operation declares no argument '{input.IdShort}' of this kind and type.", "Read the operation, and send what its inputVariables say.");
            if (ShellAudit.CheckObject(input) is [var finding, ..])
                throw ShellCall.Bad($"{Inputs}: {finding.Path}", $"{finding.What} ({finding.Rule})", finding.Mend);
        }
        return inputs;
    }

    /// <summary>Arguments as values by name.</summary>
    public static IReadOnlyList<SubmodelElement> ReadValues(JsonElement body, Operation operation)
    {
        if (!body.TryGetProperty(Inputs, out var given))
            return [];
        var holder = new Submodel { SubmodelElements = [.. Declared(operation)] };
        ShellForm.ApplyValue(System.Text.Encoding.UTF8.GetBytes(given.GetRawText()), holder);
        return holder.SubmodelElements!; // set just now
    }

    private static IEnumerable<SubmodelElement> Declared(Operation operation) => (operation.InputVariables ?? []).Select(variable => variable.Value);
}
