using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Dure.Devices;
using Dure.Devices.Opentrons;
using Dure.Devices.Scpi;
using Dure.Kernel;
using Dure.Loop;

namespace Dure.Lab.Instruments;

/// <summary>An instrument's card as JSON: how it is reached, and within which limits it may be used.</summary>
public static class InstrumentCardText
{
    private const int MostBytes = 1 << 20;
    private const int MostActions = 200;

    /// <summary>A card to begin with, explained in comments.</summary>
    public const string Example = """
        {
          "name": "reactor-1",
          // "http" (also OPC UA through the gateway), "sila" with "feature", "scpi" with "profile", "opentrons" with "protocols", "virtual" with "model"
          "driver": "http",
          "address": "http://127.0.0.1:8090/",
          // Who answers for these limits. What is not named here is refused, whoever asks for it.
          "allowedBy": "Kim, laboratory 2",
          // Where wanted: "attended": true, it works only while somebody has said that they are there; "leaseSeconds": 10, the device makes itself safe when it
          // does not hear from the node for so long; "capacity": 2, steps at once; "maintenance": [{ "from": TIME, "to": TIME }]; "timeoutSeconds": 5.
          "actions": {
            "react": {
              "restSeconds": 0,
              "values": {
                "temperature": { "low": 20, "high": 90, "unit": "Cel" },
                "solvent": { "oneOf": ["water", "ethanol"] },
                "barcode": { "label": true }
              }
            }
          }
        }

        """;

    /// <exception cref="ProblemException">It is no card; names the member, and how to mend it.</exception>
    public static InstrumentCard Parse(string text)
    {
        if (text.Length > MostBytes)
            throw Bad("card", $"It has {text.Length:N0} characters.", $"Keep it under {MostBytes:N0}.");
        try
        {
            return Card(JsonSerializer.Deserialize(text.TrimStart('\uFEFF'), InstrumentJson.Default.CardForm) ?? throw Bad("card", "It is empty.", "Write { … }."));
        }
        catch (JsonException wrong)
        {
            var where = wrong.Path is { Length: > 1 } path ? $"card{path[1..]}" : "card";
            throw new ProblemException("urn:dure:lab:bad-instrument", wrong.Message.Split(" Path:")[0], wrong.LineNumber is { } line ? $"{where}, line {line + 1}" : where, "Correct it; `dure lab instrument new` writes a card to begin with.", wrong);
        }
    }

    /// <summary>A card as JSON that was read before.</summary>
    public static InstrumentCard Read(JsonObject card) => Parse(card.ToJsonString());

    private static InstrumentCard Card(CardForm form)
    {
        if (form.Name is not { Length: > 0 and <= 40 } name || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
            throw Bad("name", $"'{form.Name}' is no name.", "Use up to 40 letters, digits, dashes and underscores.");
        if (string.IsNullOrWhiteSpace(form.AllowedBy) || form.AllowedBy.Length > 100)
            throw Bad("allowedBy", "Nobody answers for the limits.", "Write who does, in up to 100 characters.");
        if (form.Actions is not { Count: > 0 and <= MostActions } actions)
            throw Bad("actions", "Nothing is allowed.", $"Name what it may do, up to {MostActions} actions.");
        var timeout = form.TimeoutSeconds switch { null => 5, > 0 and <= 300 => form.TimeoutSeconds.Value, _ => throw Bad("timeoutSeconds", $"It is {form.TimeoutSeconds}.", "Give seconds above 0, up to 300.") };
        return new InstrumentCard
        {
            Name = name, Link = Link(form), Timeout = TimeSpan.FromSeconds(timeout), AllowedBy = form.AllowedBy, IsAttended = form.Attended ?? false,
            Lease = form.LeaseSeconds switch { null => null, >= 1 and <= 3600 => TimeSpan.FromSeconds(form.LeaseSeconds.Value), _ => throw Bad("leaseSeconds", $"It is {form.LeaseSeconds}.", "Give seconds from 1 to 3600.") },
            Capacity = form.Capacity switch { null => 1, >= 1 and <= 1000 => form.Capacity.Value, _ => throw Bad("capacity", $"It is {form.Capacity}.", "Say how many steps it makes at once, 1 to 1000.") },
            Maintenance = [.. (form.Maintenance ?? []).Select(one => one is { From: { } from, To: { } to } && from < to ? new TimeRange(from, to) : throw Bad("maintenance", "A window does not begin before it ends.", "Write {\"from\": \"2026-12-01T08:00:00Z\", \"to\": \"2026-12-01T12:00:00Z\"}."))],
            Actions = [.. actions.Select(action => Action(action.Key, action.Value))],
        };
    }

    private static InstrumentLink Link(CardForm form)
    {
        string[] beside = form.Driver switch
        {
            "http" when form.TokenFile is { } file && (file.Length is 0 or > 60 || file[0] == '.' || !file.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')) =>
                throw Bad("tokenFile", $"'{file}' is no file's name.", "Write the name alone; the file lies in the folder lab/keys/tokens of the node's data."),
            "http" => ["address", "tokenFile"],
            "sila" => ["address", "feature"],
            "scpi" => ["address", "profile"],
            "opentrons" => ["address", "protocols"],
            "virtual" => ["model", "pace"],
            _ => throw Bad("driver", $"'{form.Driver}' is not known.", "Write http, sila, scpi, opentrons or virtual."),
        };
        foreach (var (member, value) in new (string, object?)[] { ("address", form.Address), ("tokenFile", form.TokenFile), ("feature", form.Feature), ("profile", form.Profile), ("protocols", form.Protocols), ("model", form.Model), ("pace", form.Pace) })
            if (value is not null && !beside.Contains(member))
                throw Bad(member, $"It means nothing for the driver \"{form.Driver}\".", $"Leave it out; beside it may stand: {string.Join(", ", beside)}.");
        return form.Driver switch
        {
            "http" => new InstrumentLink.Http(Address(form, "http", "https"), form.TokenFile),
            "sila" => new InstrumentLink.Sila(Address(form, "http", "https"), form.Feature ?? throw Bad("feature", "It is missing.", "Write the feature whose commands are the actions, such as org.maker/lab/Reactor/v1.")),
            "scpi" => Scpi(form),
            "opentrons" => new InstrumentLink.Opentrons(Address(form, "http", "https"), [.. (form.Protocols is { Count: > 0 } protocols && protocols.All(one => one is not null) ? protocols : throw Bad("protocols", "There is none.", "Name at least one."))
                .Select(one => new OpentronsProtocol(Description(one.Action, one.Parameters, one.Results), one.FileName ?? "protocol.py", one.Source ?? throw Bad("protocols", "One has no source.", "Give the protocol's text as \"source\".")))]),
            _ => new InstrumentLink.Virtual(form.Model ?? throw Bad("model", "It is missing.", "Write which virtual instrument it is."), form.Pace switch { null => 1, > 0 and <= 1e6 => form.Pace.Value, _ => throw Bad("pace", $"It is {form.Pace}.", "Write how many times faster than the real thing, up to a million.") }),
        };
    }

    private static InstrumentLink.Scpi Scpi(CardForm form)
    {
        var address = Address(form, "tcp");
        var profile = form.Profile ?? throw Bad("profile", "It is missing.", "Write what the device's manual says of it.");
        if (profile.Actions?.Any(one => one is null) == true)
            throw Bad("profile", "Its actions hold a null.", "Leave it out.");
        var actions = (profile.Actions ?? []).Select(one => new ScpiAction(Description(one.Action, one.Parameters, one.Results), one.Settings ?? [],
            one.Trigger ?? throw Bad("profile", "An action has no trigger.", "Write the command that makes it begin."), one.Queries ?? new Dictionary<string, string>())).ToArray();
        return new InstrumentLink.Scpi(address.Host, address.Port > 0 ? address.Port : 5025, new ScpiProfile(actions, profile.BusyQuery ?? throw Bad("profile.busyQuery", "It is missing.", "Write the query that answers 1 while it works."), profile.AbortCommand ?? "ABOR", profile.EmergencyCommand));
    }

    private static ActionDescription Description(string? name, IReadOnlyDictionary<string, FieldForm>? parameters, IReadOnlyDictionary<string, FieldForm>? results) =>
        new(name ?? throw Bad("action", "It has no name.", "Give it one."), name, "", Fields(parameters), Fields(results));

    private static FieldDescription[] Fields(IReadOnlyDictionary<string, FieldForm>? forms) => [.. (forms ?? new Dictionary<string, FieldForm>()).Select(form => form.Value is null ? throw Bad(form.Key, "It says nothing.", "Write { \"kind\": \"number\" }.") :
        new FieldDescription(form.Key, Enum.TryParse<FieldKind>(form.Value.Kind ?? "number", ignoreCase: true, out var kind) ? kind : throw Bad(form.Key, $"Its kind is '{form.Value.Kind}'.", "Write number, integer, text or flag."),
            form.Value.Unit ?? "", form.Value.Low ?? double.NegativeInfinity, form.Value.High ?? double.PositiveInfinity) { Choices = form.Value.Choices ?? [] })];

    private static Uri Address(CardForm form, params string[] schemes) => Uri.TryCreate(form.Address, UriKind.Absolute, out var address) && schemes.Contains(address.Scheme) ? address
        : throw Bad("address", $"'{form.Address}' is no address for the driver \"{form.Driver}\".", $"Write it as {schemes[0]}://127.0.0.1:8090/.");

    private static AllowedAction Action(string name, ActionForm? form)
    {
        var where = $"actions.{name}";
        if (form is null || name.Length is 0 or > 100)
            throw Bad(where, "It says nothing.", "Write { \"values\": { … } }.");
        if (form.RestSeconds is { } rest && rest is not (>= 0 and <= 86_400))
            throw Bad($"{where}.restSeconds", $"It is {rest}.", "Give seconds up to a day.");
        return new AllowedAction(name, CoolDown: TimeSpan.FromSeconds(form.RestSeconds ?? 0), NeedsPerson: false)
        {
            Values = [.. (form.Values ?? new Dictionary<string, LimitForm>()).Select(value => Limit(value.Key, value.Value, $"{where}.values.{value.Key}"))],
        };
    }

    private static AllowedValue Limit(string name, LimitForm? form, string where) => form switch
    {
        { Low: { } low, High: { } high, OneOf: null, Label: null, Switch: null } when low <= high && double.IsFinite(low) && double.IsFinite(high) => new AllowedValue.Range(name, low, high, form.Unit ?? ""),
        { OneOf: { Count: > 0 } texts, Low: null, High: null, Unit: null, Label: null, Switch: null } => new AllowedValue.OneOf(name, texts),
        { Label: true, Low: null, High: null, Unit: null, OneOf: null, Switch: null } => new AllowedValue.Label(name),
        { Switch: true, Low: null, High: null, Unit: null, OneOf: null, Label: null } => new AllowedValue.Switch(name),
        _ => throw Bad(where, "It is not clear what it may be.", "Write \"low\", \"high\" and \"unit\", or \"oneOf\", or \"label\": true for a name such as a barcode, or \"switch\": true."),
    };

    private static ProblemException Bad(string where, string what, string mend) => new("urn:dure:lab:bad-instrument", what, where, mend);
}

internal sealed record CardForm(string? Name, string? Driver, string? Address, string? TokenFile, string? Feature, ProfileForm? Profile, IReadOnlyList<RobotProtocolForm>? Protocols, string? Model, double? Pace,
    double? TimeoutSeconds, bool? Attended, double? LeaseSeconds, int? Capacity, IReadOnlyList<WindowForm>? Maintenance, string? AllowedBy, IReadOnlyDictionary<string, ActionForm>? Actions);

internal sealed record WindowForm(DateTimeOffset? From, DateTimeOffset? To);

internal sealed record ActionForm(double? RestSeconds, IReadOnlyDictionary<string, LimitForm>? Values);

internal sealed record LimitForm(double? Low, double? High, string? Unit, IReadOnlyList<string>? OneOf, bool? Label, bool? Switch);

internal sealed record ProfileForm(string? BusyQuery, string? AbortCommand, string? EmergencyCommand, IReadOnlyList<ScpiActionForm>? Actions);

internal sealed record ScpiActionForm(string? Action, IReadOnlyDictionary<string, FieldForm>? Parameters, IReadOnlyDictionary<string, FieldForm>? Results, IReadOnlyList<string>? Settings, string? Trigger, IReadOnlyDictionary<string, string>? Queries);

internal sealed record RobotProtocolForm(string? Action, IReadOnlyDictionary<string, FieldForm>? Parameters, IReadOnlyDictionary<string, FieldForm>? Results, string? FileName, string? Source);

internal sealed record FieldForm(string? Kind, string? Unit, double? Low, double? High, IReadOnlyList<string>? Choices);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, ReadCommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true,
    NumberHandling = JsonNumberHandling.Strict, MaxDepth = 16, AllowDuplicateProperties = false)]
[JsonSerializable(typeof(CardForm))]
internal sealed partial class InstrumentJson : JsonSerializerContext;
