using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Exchange.Policies;
using Dure.Kernel;

namespace Dure.Exchange.Protocol;

/// <summary>
/// A message from the other side whose shape has been checked against what the protocol's schemas demand. More members than those may
/// be there (connectors add their own); they are kept for the journal and not acted on.
/// </summary>
/// <param name="Kind">What it does.</param>
/// <param name="ProviderPid">The provider's id of the process; null only in a first message.</param>
/// <param name="ConsumerPid">The consumer's id of the process; null only in a first message.</param>
/// <param name="Body">All of it.</param>
public sealed record IncomingMessage(MessageKind Kind, string? ProviderPid, string? ConsumerPid, JsonObject Body)
{
    public Uri? CallbackAddress { get; init; }

    /// <summary>The offer or the agreement it carries.</summary>
    public JsonObject? Policy => (Body["offer"] ?? Body["agreement"]) as JsonObject;

    public string? AgreementId => Text("agreementId");
    public string? Format => Text("format");
    public JsonObject? DataAddress => Body["dataAddress"] as JsonObject;

    /// <summary>Code and reasons of a termination or suspension, for people.</summary>
    public string? Reason => Body.ContainsKey("reason") || Body.ContainsKey("code")
        ? string.Join("; ", new[] { Text("code") }.Concat((Body["reason"] as JsonArray ?? []).Take(16).Select(Words)).Where(text => !string.IsNullOrEmpty(text)))
        : null;

    private string? Text(string name) => Body[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static string? Words(JsonNode? reason) => reason switch
    {
        JsonValue value when value.TryGetValue<string>(out var text) => text,
        JsonObject detail when detail["message"] is JsonValue value && value.TryGetValue<string>(out var text) => text,
        null => null,
        _ => reason.ToJsonString(),
    };
}

/// <summary>Reads messages: bounded, strict where the schemas are, and in words about what is wrong.</summary>
public static class MessageReader
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = Dsp.MaxDepth };

    /// <summary>Reads any object of JSON within the limits.</summary>
    /// <exception cref="ProblemException">It is no JSON object, too long or too deep.</exception>
    public static JsonObject ReadObject(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > Dsp.MaxMessageBytes)
            throw Wrong($"The message has {bytes.Length} bytes, more than {Dsp.MaxMessageBytes}.", "body", "Send a shorter one.");
        try
        {
            var body = JsonNode.Parse(bytes, documentOptions: Strict) as JsonObject ?? throw Wrong("The message is not a JSON object.", "body", "Send one object.");
            CanonicalJson.Hash(body); // refuses broken Unicode and numbers that no journal can hold, before anyone reads them
            return body;
        }
        catch (JsonException cause)
        {
            throw Wrong($"The message is not valid JSON: {cause.Message}", "body", $"Send JSON without repeated members, nested at most {Dsp.MaxDepth} deep.", cause);
        }
        catch (ArgumentException cause)
        {
            throw Wrong("A member stands twice in the message.", "body", "Keep one of the two.", cause);
        }
    }

    /// <summary>Checks context, type and the members the message needs.</summary>
    /// <param name="kinds">The kinds that may come by the door it came by.</param>
    /// <exception cref="ProblemException">Names the member and what the schema wants.</exception>
    public static IncomingMessage Read(JsonObject body, params ReadOnlySpan<MessageKind> kinds)
    {
        CheckContext(body);
        var type = Text(body, "@type");
        var kind = KindOf(body, type, kinds);
        var message = new IncomingMessage(kind, Pid(body, "providerPid"), Pid(body, "consumerPid"), body);
        switch (kind)
        {
            case MessageKind.ContractRequest:
                Require(message.ConsumerPid, "consumerPid");
                CheckPolicy(Member(body, "offer"), "offer", "Offer", needsTarget: true);
                return WithCallback(message, message.ProviderPid, "providerPid");
            case MessageKind.ContractOffer:
                Require(message.ProviderPid, "providerPid");
                CheckPolicy(Member(body, "offer"), "offer", "Offer", needsTarget: true);
                return WithCallback(message, message.ConsumerPid, "consumerPid");
            case MessageKind.TransferRequest:
                Require(message.ConsumerPid, "consumerPid");
                Text(body, "agreementId");
                Text(body, "format");
                CheckDataAddress(body);
                return message with { CallbackAddress = Address(Text(body, "callbackAddress")) };
            case MessageKind.ContractAgreement:
                CheckPolicy(Member(body, "agreement"), "agreement", "Agreement", needsTarget: true);
                Text(Member(body, "agreement"), "assigner");
                Text(Member(body, "agreement"), "assignee");
                if (OptionalText(Member(body, "agreement"), "timestamp", "agreement.") is { } timestamp && !DateTimeOffset.TryParse(timestamp, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _))
                    throw Wrong("'agreement.timestamp' is not a time.", "agreement.timestamp", "Write it as 2026-03-01T09:00:00Z.");
                break;
            case MessageKind.TransferStart:
                CheckDataAddress(body);
                break;
            case MessageKind.ContractTermination or MessageKind.TransferTermination or MessageKind.TransferSuspension:
                OptionalText(body, "code");
                if (body.ContainsKey("reason") && body["reason"] is not JsonArray { Count: > 0 })
                    throw Wrong("'reason' is not a list with something in it.", "reason", "Write the reasons as a list of texts, or leave the member out.");
                break;
        }
        Require(message.ProviderPid, "providerPid");
        Require(message.ConsumerPid, "consumerPid");
        return message;
    }

    /// <summary>Checks <c>@context</c>: a list of texts in which the protocol's own stands.</summary>
    public static void CheckContext(JsonObject body)
    {
        if (body["@context"] is not JsonArray contexts || !contexts.Any(context => context is JsonValue value && value.TryGetValue<string>(out var text) && text == Dsp.Context))
            throw Wrong("'@context' does not name this protocol.", "@context", $"Send a list that contains \"{Dsp.Context}\".");
    }

    private static MessageKind KindOf(JsonObject body, string type, ReadOnlySpan<MessageKind> kinds)
    {
        foreach (var kind in kinds)
        {
            if (kind.WireType() != type)
                continue;
            if (type != "ContractNegotiationEventMessage" || Text(body, "eventType") == kind.Target().Wire())
                return kind;
        }
        throw Wrong(type == "ContractNegotiationEventMessage" ? $"The event '{Text(body, "eventType")}' cannot be sent here." : $"A {(type.Length > 64 ? "message of another type" : type)} cannot be sent here.",
            "@type", $"Send {kinds[0].WireType()} to this address.");
    }

    private static IncomingMessage WithCallback(IncomingMessage message, string? counterPid, string counterName)
    {
        var callback = OptionalText(message.Body, "callbackAddress");
        if ((callback is null) == (counterPid is null))
            throw Wrong($"A message holds either 'callbackAddress' (the first) or '{counterName}' (a later one), and this one has {(callback is null ? "neither" : "both")}.",
                "callbackAddress", "Send exactly one of the two.");
        return message with { CallbackAddress = callback is null ? null : Address(callback) };
    }

    private static Uri Address(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" && address.UserInfo.Length == 0 && address.Query.Length == 0 && address.Fragment.Length == 0
            ? address
            : throw Wrong("'callbackAddress' is not a plain web address.", "callbackAddress", "Write it as https://HOST/PATH, without user, question mark or fragment.");

    private static void CheckPolicy(JsonObject policy, string name, string type, bool needsTarget)
    {
        Text(policy, "@id", $"{name}.");
        if (Text(policy, "@type", $"{name}.") != type)
            throw Wrong($"'{name}.@type' is not '{type}'.", $"{name}.@type", $"Write \"{type}\".");
        if (needsTarget)
            Text(policy, "target", $"{name}.");
        if (!policy.ContainsKey("permission") && !policy.ContainsKey("prohibition"))
            throw Wrong($"'{name}' has neither a permission nor a prohibition.", name, "State at least one.");
        UsagePolicy.Read(JsonSerializer.SerializeToElement(policy));
    }

    private static void CheckDataAddress(JsonObject body)
    {
        if (!body.ContainsKey("dataAddress"))
            return;
        var address = Member(body, "dataAddress");
        if (Text(address, "@type", "dataAddress.") != "DataAddress")
            throw Wrong("'dataAddress.@type' is not 'DataAddress'.", "dataAddress.@type", "Write \"DataAddress\".");
        Text(address, "endpointType", "dataAddress.");
        OptionalText(address, "endpoint", "dataAddress.");
        if (!address.ContainsKey("endpointProperties"))
            return;
        if (address["endpointProperties"] is not JsonArray { Count: > 0 and <= 64 } properties)
            throw Wrong("'dataAddress.endpointProperties' is not a list of 1 to 64.", "dataAddress.endpointProperties", "Send a list, or leave the member out.");
        foreach (var property in properties)
        {
            if (property is not JsonObject entry || Text(entry, "@type", "endpointProperties.") != "EndpointProperty")
                throw Wrong("An endpoint property has another type.", "dataAddress.endpointProperties", "Write \"@type\": \"EndpointProperty\" with a name and a value.");
            Text(entry, "name", "endpointProperties.");
            OptionalText(entry, "value", "endpointProperties.", maxLength: 16 * 1024);
            Require(entry["value"] is null ? null : "", "endpointProperties.value");
        }
    }

    /// <summary>An id stands in addresses, where '.' and '..' would lead elsewhere.</summary>
    private static string? Pid(JsonObject body, string name) => OptionalText(body, name) is var pid and not ("." or "..") ? pid : throw Wrong($"'{name}' cannot stand in an address.", name, "Choose another id, such as urn:uuid:….");

    private static JsonObject Member(JsonObject body, string name) =>
        body[name] as JsonObject ?? throw Wrong($"'{name}' is missing or not an object.", name, $"Send '{name}' as an object.");

    private static string Text(JsonObject body, string name, string within = "") =>
        OptionalText(body, name, within) ?? throw Wrong($"'{within}{name}' is missing.", within + name, "Send it as a text.");

    private static string? OptionalText(JsonObject body, string name, string within = "", int maxLength = Dsp.MaxIdLength)
    {
        if (!body.TryGetPropertyValue(name, out var node))
            return null;
        if (node is not JsonValue value || !value.TryGetValue<string>(out var text))
            throw Wrong($"'{within}{name}' is not a text.", within + name, "Send it as a text.");
        if (text.Length == 0 || text.Length > maxLength || text.Any(char.IsControl))
            throw Wrong($"'{within}{name}' has {text.Length} characters or control characters in it.", within + name, $"Send 1 to {maxLength} visible characters.");
        return text;
    }

    private static void Require(string? value, string name)
    {
        if (value is null)
            throw Wrong($"'{name}' is missing.", name, "Send it as a text.");
    }

    private static ProblemException Wrong(string what, string where, string mend, Exception? cause = null) => new("urn:dure:exchange:bad-message", what, where, mend, cause);
}
