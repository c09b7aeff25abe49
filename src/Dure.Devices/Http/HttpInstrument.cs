using System.Net;
using System.Text.Json.Nodes;
using Dure.Kernel;

namespace Dure.Devices.Http;

/// <summary>
/// An instrument that speaks JSON over HTTP by this contract, which remembers keys: <c>GET description</c>; <c>GET state</c> {state: idle, busy, fault};
/// <c>PUT actions/KEY</c> {action, parameters: {name: {value, unit}}} answers 200 or 202, 4xx with {cause} for a refusal, and the same for a key it has;
/// <c>GET actions/KEY</c> {action, status: running, done, failed; results: {name: {value, unit}}; cause} or 404; <c>POST stop</c> {emergency}; where the device knows
/// leases <c>POST lease</c> {seconds} answers 200 or 204, and the device stops by itself when one has run out.
/// 5xx says that nobody knows.
/// </summary>
public sealed class HttpInstrument : InstrumentDriver
{
    private const int MaxFields = 200;
    private readonly JsonLink link;

    private HttpInstrument(JsonLink link, InstrumentDescription description, TimeSpan timeout, TimeProvider time) : base(timeout, time) => (this.link, Description) = (link, description);

    public override InstrumentDescription Description { get; }
    public override bool CanAnswerByKey => true;

    /// <summary>Connects and reads the description. A device that wants a token, as the OPC UA gateway's command door does, gets it as a bearer token with every request.</summary>
    /// <exception cref="LinkException">Nobody answers in time, or with no description.</exception>
    public static async Task<HttpInstrument> Connect(Uri address, TimeSpan timeout, TimeProvider time, CancellationToken cancel, string? token = null)
    {
        var link = token is null ? new JsonLink(address) : new JsonLink(address, ("Authorization", $"Bearer {token}"));
        try
        {
            var nobody = new HttpInstrument(link, new InstrumentDescription(new InstrumentIdentity("", "", "", ""), []), timeout, time);
            var description = await nobody.Within(async limit => ReadDescription((await link.Send(HttpMethod.Get, "description", null, limit)).Body), cancel);
            return new HttpInstrument(link, description, timeout, time);
        }
        catch
        {
            link.Dispose();
            throw;
        }
    }

    public override ValueTask DisposeAsync()
    {
        link.Dispose();
        return ValueTask.CompletedTask;
    }

    public override async Task<bool> Hold(TimeSpan lease, CancellationToken cancel)
    {
        try
        {
            return await Within(async limit => (await link.Send(HttpMethod.Post, "lease", new JsonObject { ["seconds"] = lease.TotalSeconds }, limit)).Status is HttpStatusCode.OK or HttpStatusCode.NoContent, cancel);
        }
        catch (LinkException)
        {
            return false;
        }
    }

    protected override async Task<InstrumentState> AskState(CancellationToken cancel) => JsonLink.Text((await link.Send(HttpMethod.Get, "state", null, cancel)).Body, "state") switch
    {
        "idle" => InstrumentState.Idle,
        "busy" => InstrumentState.Busy,
        "fault" => InstrumentState.Fault,
        _ => InstrumentState.Unknown,
    };

    protected override async Task<StartAnswer> AskStart(ActionRequest request, ActionDescription action, CancellationToken cancel)
    {
        var parameters = new JsonObject();
        foreach (var (name, value) in request.Parameters)
            parameters[name] = Write(value);
        var (status, body) = await link.Send(HttpMethod.Put, $"actions/{request.Key}", new JsonObject { ["action"] = request.Action, ["parameters"] = parameters }, cancel);
        return (int)status switch
        {
            200 or 202 => new StartAnswer.Accepted(request.Key),
            >= 400 and < 500 when status != HttpStatusCode.RequestTimeout => new StartAnswer.Refused(new Problem("urn:dure:devices:refused",
                $"The device refuses: {(JsonLink.Text(body, "cause") is { Length: > 0 } cause ? cause : ((int)status).ToString(System.Globalization.CultureInfo.InvariantCulture))}", $"action {request.Action}",
                "Mend what it says, and ask under a new key.")),
            _ => new StartAnswer.Unknown($"The device answered {(int)status}."),
        };
    }

    protected override async Task<ActionStatus> AskStatus(string key, CancellationToken cancel)
    {
        var (status, body) = await link.Send(HttpMethod.Get, $"actions/{key}", null, cancel);
        if (status == HttpStatusCode.NotFound)
            return new ActionStatus.NotKnown();
        return JsonLink.Text(body, "status") switch
        {
            "running" => new ActionStatus.Running(),
            "failed" => new ActionStatus.Failed(JsonLink.Text(body, "cause")),
            "done" => Judge(Description.Action(JsonLink.Text(body, "action")), ReadResults(body!["results"] as JsonObject)),
            _ => new ActionStatus.Unknown($"The device answered {(int)status} without a status that is known."),
        };
    }

    protected override async Task<bool> AskStop(bool isEmergency, CancellationToken cancel) =>
        (await link.Send(HttpMethod.Post, "stop", new JsonObject { ["emergency"] = isEmergency }, cancel)).Status is HttpStatusCode.OK or HttpStatusCode.NoContent;

    private static JsonObject Write(ActionValue value) => value switch
    {
        ActionValue.Number number => new JsonObject { ["value"] = number.Value, ["unit"] = number.Unit },
        ActionValue.Text text => new JsonObject { ["value"] = text.Value },
        ActionValue.Flag flag => new JsonObject { ["value"] = flag.Value },
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static Dictionary<string, ActionValue> ReadResults(JsonObject? results)
    {
        var read = new Dictionary<string, ActionValue>(StringComparer.Ordinal);
        foreach (var (name, result) in results?.Take(MaxFields) ?? [])
        {
            if ((result as JsonObject)?["value"] is not JsonValue value)
                continue;
            if (value.TryGetValue<double>(out var number))
                read[name] = new ActionValue.Number(number, JsonLink.Text(result, "unit"));
            else if (value.TryGetValue<bool>(out var flag))
                read[name] = new ActionValue.Flag(flag);
            else if (value.TryGetValue<string>(out var text)) // JSON has no NaN: devices write it as a text
                read[name] = text is "NaN" ? new ActionValue.Number(double.NaN, JsonLink.Text(result, "unit")) : new ActionValue.Text(text);
        }
        return read;
    }

    private static InstrumentDescription ReadDescription(JsonObject? body)
    {
        var identity = new InstrumentIdentity(JsonLink.Text(body, "maker"), JsonLink.Text(body, "model"), JsonLink.Text(body, "serial"), JsonLink.Text(body, "firmware"));
        var actions = (body?["actions"] as JsonArray)?.Take(MaxFields).Select(action => new ActionDescription(Name(action), JsonLink.Text(action, "title"), JsonLink.Text(action, "text"),
            ReadFields(action?["parameters"]), ReadFields(action?["results"]))).ToArray();
        return actions is { Length: > 0 } ? new InstrumentDescription(identity, actions) : throw new LinkException("The device describes no action.");
    }

    private static FieldDescription[] ReadFields(JsonNode? fields) => (fields as JsonArray)?.Take(MaxFields).Select(ReadField).ToArray() ?? [];

    private static FieldDescription ReadField(JsonNode? field)
    {
        double Limit(string member, double otherwise) => field is JsonObject item && item[member] is JsonValue value && value.TryGetValue<double>(out var limit) ? limit : otherwise;
        var kind = JsonLink.Text(field, "kind") switch
        {
            "number" => FieldKind.Number,
            "integer" => FieldKind.Integer,
            "text" => FieldKind.Text,
            "flag" => FieldKind.Flag,
            var other => throw new LinkException($"The device describes a field of kind '{other}'."),
        };
        return new FieldDescription(Name(field), kind, JsonLink.Text(field, "unit"), Limit("low", double.NegativeInfinity), Limit("high", double.PositiveInfinity));
    }

    private static string Name(JsonNode? node) => JsonLink.Text(node, "name") is { Length: > 0 and <= 100 } name ? name : throw new LinkException("The device describes something without a name.");
}
