using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Dure.Devices.Http;
using Dure.Kernel;

namespace Dure.Devices.Opentrons;

/// <summary>A protocol that a robot can run: its file, and what it takes and gives.</summary>
/// <param name="Description">The parameters are the protocol's run-time parameters. A result is what the protocol says by a comment <c>NAME=VALUE UNIT</c>.</param>
/// <param name="FileName">For example <c>dilute.py</c>.</param>
/// <param name="Source">The protocol's text.</param>
public sealed record OpentronsProtocol(ActionDescription Description, string FileName, string Source);

/// <summary>
/// A robot with the Opentrons HTTP interface (version 3). Upload and creation of a run move nothing; the run's id is on disk before "play" is sent, and a run
/// plays once: so an answer can be had by the run's id after any crash. There is no stop by software beyond ending the run: the emergency button stays a button.
/// </summary>
public sealed class OpentronsRobot : InstrumentDriver
{
    private const int MaxCommands = 10_000;
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(50);
    private readonly JsonLink link;
    private readonly KeyLedger ledger;
    private readonly IReadOnlyList<OpentronsProtocol> protocols;
    private readonly SemaphoreSlim turn = new(1, 1);
    private readonly Dictionary<string, string> uploaded = new(StringComparer.Ordinal);

    private OpentronsRobot(JsonLink link, IReadOnlyList<OpentronsProtocol> protocols, KeyLedger ledger, InstrumentIdentity identity, TimeSpan timeout, TimeProvider time) : base(timeout, time)
    {
        (this.link, this.protocols, this.ledger) = (link, protocols, ledger);
        Description = new InstrumentDescription(identity, [.. protocols.Select(protocol => protocol.Description)]);
    }

    public override InstrumentDescription Description { get; }

    /// <summary>By the run's id in the ledger.</summary>
    public override bool CanAnswerByKey => true;

    /// <summary>Connects and asks the robot's health. The robot owns the ledger from then on.</summary>
    /// <exception cref="LinkException">Nobody answers in time.</exception>
    public static async Task<OpentronsRobot> Connect(Uri address, IReadOnlyList<OpentronsProtocol> protocols, KeyLedger ledger, TimeSpan timeout, TimeProvider time, CancellationToken cancel)
    {
        var link = new JsonLink(address, ("Opentrons-Version", "3"));
        try
        {
            var nobody = new OpentronsRobot(link, protocols, ledger, new InstrumentIdentity("", "", "", ""), timeout, time);
            var health = await nobody.Within(async limit => (await link.Send(HttpMethod.Get, "health", null, limit)).Body ?? throw new LinkException("The robot says nothing of its health."), cancel);
            var identity = new InstrumentIdentity("Opentrons", JsonLink.Text(health, "robot_model"), JsonLink.Text(health, "robot_serial"), JsonLink.Text(health, "fw_version"));
            return new OpentronsRobot(link, protocols, ledger, identity, timeout, time);
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
        ledger.Dispose();
        turn.Dispose();
        return ValueTask.CompletedTask;
    }

    protected override async Task<InstrumentState> AskState(CancellationToken cancel)
    {
        var status = await CurrentRun(cancel) is { } run ? JsonLink.Text(run, "status") : "";
        return status switch
        {
            "" or "idle" or "succeeded" or "failed" or "stopped" => InstrumentState.Idle,
            "awaiting-recovery" or "awaiting-recovery-paused" => InstrumentState.Fault,
            _ => InstrumentState.Busy,
        };
    }

    protected override async Task<StartAnswer> AskStart(ActionRequest request, ActionDescription action, CancellationToken cancel)
    {
        await turn.WaitAsync(cancel);
        try
        {
            // A claim without a run is from a crash before "play", so nothing moved: a run is made again.
            if (ledger.TryFind(request.Key, out var before) && (before.Execution.Length > 0 || before.Action != request.Action))
                return ledger.Claim(request)!;
            if (await AskState(cancel) is not InstrumentState.Idle)
                return Refuse(request, "The robot is not idle.");
            if (before.Action is null && ledger.Claim(request) is { } answer)
                return answer;
            var protocol = await Upload(protocols.First(known => known.Description.Name == action.Name), cancel);
            if (protocol is null)
                return Refuse(request, "The robot's analysis of the protocol ended with an error.");
            var (created, run) = await link.Send(HttpMethod.Post, "runs", new JsonObject { ["data"] = new JsonObject { ["protocolId"] = protocol, ["runTimeParameterValues"] = Values(request.Parameters) } }, cancel);
            var id = JsonLink.Text(run?["data"], "id");
            if (created != HttpStatusCode.Created || id.Length == 0)
                return Refuse(request, $"The robot makes no run: {(int)created} {Detail(run)}");
            ledger.Name(request.Key, id);
            var (played, objection) = await link.Send(HttpMethod.Post, $"runs/{Uri.EscapeDataString(id)}/actions", Action("play"), cancel);
            if (played == HttpStatusCode.Created || await Plays(id, cancel)) // a "no" may also mean that an earlier "play", whose answer was lost on the way, was heard
                return new StartAnswer.Accepted(id);
            ledger.Name(request.Key, KeyLedger.Refused);
            return Refuse(request, $"The robot does not play the run: {(int)played} {Detail(objection)}");
        }
        finally
        {
            turn.Release();
        }
    }

    protected override async Task<ActionStatus> AskStatus(string key, CancellationToken cancel)
    {
        if (!ledger.TryFind(key, out var claim) || claim.Execution.Length == 0)
            return new ActionStatus.NotKnown(); // "play" is sent only after the run's id is on disk
        if (claim.Execution == KeyLedger.Refused)
            return new ActionStatus.Failed("The robot refused it: it never began.");
        var (status, body) = await link.Send(HttpMethod.Get, $"runs/{Uri.EscapeDataString(claim.Execution)}", null, cancel);
        if (status == HttpStatusCode.NotFound)
            return new ActionStatus.Unknown("The robot no longer has the run; it keeps the last ones only.");
        var run = body?["data"];
        return JsonLink.Text(run, "status") switch
        {
            "idle" => new ActionStatus.Unknown("The run was made and does not play: the word to play was lost, or is still on its way."),
            "succeeded" => Judge(Description.Action(claim.Action), await Results(claim, cancel)),
            "failed" => new ActionStatus.Failed(JsonLink.Text((run!["errors"] as JsonArray)?.FirstOrDefault(), "detail")),
            "stopped" => new ActionStatus.Failed("It was stopped."),
            "" => new ActionStatus.Unknown($"The robot answered {(int)status} without a status."),
            _ => new ActionStatus.Running(),
        };
    }

    protected override async Task<bool> AskStop(bool isEmergency, CancellationToken cancel)
    {
        if (await CurrentRun(cancel) is not { } run || JsonLink.Text(run, "status") is "succeeded" or "failed" or "stopped")
            return true; // nothing runs
        return (await link.Send(HttpMethod.Post, $"runs/{Uri.EscapeDataString(JsonLink.Text(run, "id"))}/actions", Action("stop"), cancel)).Status == HttpStatusCode.Created;
    }

    private async Task<string?> Upload(OpentronsProtocol protocol, CancellationToken cancel)
    {
        if (uploaded.TryGetValue(protocol.FileName, out var known))
            return known;
        using var form = new MultipartFormDataContent();
        var file = new ByteArrayContent(Encoding.UTF8.GetBytes(protocol.Source)) { Headers = { ContentType = new MediaTypeHeaderValue("text/x-python") } };
        form.Add(file, "files", protocol.FileName);
        using var request = new HttpRequestMessage(HttpMethod.Post, "protocols") { Content = form };
        var id = JsonLink.Text((await link.Send(request, cancel)).Body?["data"], "id");
        if (id.Length == 0)
            return null;
        while (true)
        {
            var (_, body) = await link.Send(HttpMethod.Get, $"protocols/{Uri.EscapeDataString(id)}/analyses", null, cancel);
            var analysis = (body?["data"] as JsonArray)?.LastOrDefault();
            if (JsonLink.Text(analysis, "status") == "completed")
                return JsonLink.Text(analysis, "result") == "not-ok" ? null : uploaded[protocol.FileName] = id;
            await Task.Delay(BetweenLooks, Time, cancel); // the timeout of the whole exchange ends this
        }
    }

    private async Task<bool> Plays(string id, CancellationToken cancel) =>
        JsonLink.Text((await link.Send(HttpMethod.Get, $"runs/{Uri.EscapeDataString(id)}", null, cancel)).Body?["data"], "status") is not ("idle" or "");

    private async Task<JsonNode?> CurrentRun(CancellationToken cancel) =>
        ((await link.Send(HttpMethod.Get, "runs", null, cancel)).Body?["data"] as JsonArray)?.FirstOrDefault(run => run?["current"] is JsonValue current && current.TryGetValue<bool>(out var isCurrent) && isCurrent);

    private async Task<Dictionary<string, ActionValue>> Results(KeyLedger.Entry claim, CancellationToken cancel)
    {
        var results = new Dictionary<string, ActionValue>(StringComparer.Ordinal);
        var (_, body) = await link.Send(HttpMethod.Get, $"runs/{Uri.EscapeDataString(claim.Execution)}/commands?pageLength={MaxCommands}", null, cancel);
        foreach (var command in (body?["data"] as JsonArray)?.Take(MaxCommands) ?? [])
        {
            var message = JsonLink.Text(command, "commandType") == "comment" ? JsonLink.Text(command?["params"], "message") : "";
            var equals = message.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
                results[message[..equals].Trim()] = ReadResult(message[(equals + 1)..].Trim());
        }
        return results;
    }

    private static ActionValue ReadResult(string text)
    {
        var parts = text.Split(' ', 2, StringSplitOptions.TrimEntries);
        return double.TryParse(parts[0], NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? new ActionValue.Number(number, parts.Length > 1 ? parts[1] : "") : new ActionValue.Text(text);
    }

    private static JsonObject Values(IReadOnlyDictionary<string, ActionValue> parameters)
    {
        var values = new JsonObject();
        foreach (var (name, value) in parameters)
        {
            values[name] = value switch
            {
                ActionValue.Number number => number.Value,
                ActionValue.Text text => text.Value,
                ActionValue.Flag flag => flag.Value,
                _ => throw new System.Diagnostics.UnreachableException(),
            };
        }
        return values;
    }

    private static JsonObject Action(string type) => new() { ["data"] = new JsonObject { ["actionType"] = type } };

    private static string Detail(JsonObject? body) => JsonLink.Text((body?["errors"] as JsonArray)?.FirstOrDefault(), "detail");

    private static StartAnswer.Refused Refuse(ActionRequest request, string what) => new(new Problem("urn:dure:devices:refused", what, $"action {request.Action}", "Look at the robot, mend what it says, and ask under a new key."));
}
