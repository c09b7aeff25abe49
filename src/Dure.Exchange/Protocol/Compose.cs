using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Dure.Exchange.Protocol;

/// <summary>Makes the messages this node sends. Each has an id of its own, so that a receiver can tell one sent again from a new one.</summary>
public static class Compose
{
    /// <summary>Where the consumer says what it will use the data for; connectors that do not know the member pass over it.</summary>
    public const string PurposesMember = "dure:purpose";

    /// <summary>The consumer's first request.</summary>
    public static JsonObject FirstRequest(string consumerPid, JsonObject offer, Uri callback, ImmutableArray<string> purposes)
    {
        var message = Begin(MessageKind.ContractRequest);
        message["consumerPid"] = consumerPid;
        message["offer"] = offer.DeepClone();
        message["callbackAddress"] = callback.AbsoluteUri;
        return WithPurposes(message, purposes);
    }

    /// <summary>The provider's first offer, sent without having been asked.</summary>
    public static JsonObject FirstOffer(string providerPid, JsonObject offer, Uri callback)
    {
        var message = Begin(MessageKind.ContractOffer);
        message["providerPid"] = providerPid;
        message["offer"] = offer.DeepClone();
        message["callbackAddress"] = callback.AbsoluteUri;
        return message;
    }

    public static JsonObject TransferRequest(string consumerPid, string agreementId, string format, Uri callback, JsonObject? dataAddress, ImmutableArray<string> purposes)
    {
        var message = Begin(MessageKind.TransferRequest);
        message["consumerPid"] = consumerPid;
        message["agreementId"] = agreementId;
        message["format"] = format;
        message["callbackAddress"] = callback.AbsoluteUri;
        if (dataAddress is not null)
            message["dataAddress"] = dataAddress.DeepClone();
        return WithPurposes(message, purposes);
    }

    /// <summary>Any later message that needs no more than the two ids: acceptance, verification, finalization, start, completion.</summary>
    public static JsonObject Later(MessageKind kind, string providerPid, string consumerPid)
    {
        var message = Begin(kind);
        message["providerPid"] = providerPid;
        message["consumerPid"] = consumerPid;
        if (kind is MessageKind.ContractAcceptance or MessageKind.ContractFinalization)
            message["eventType"] = kind.Target().Wire();
        return message;
    }

    /// <summary>A counter-request or a counter-offer.</summary>
    public static JsonObject Counter(MessageKind kind, string providerPid, string consumerPid, JsonObject offer)
    {
        var message = Later(kind, providerPid, consumerPid);
        message["offer"] = offer.DeepClone();
        return message;
    }

    public static JsonObject Agreement(string providerPid, string consumerPid, JsonObject agreement)
    {
        var message = Later(MessageKind.ContractAgreement, providerPid, consumerPid);
        message["agreement"] = agreement;
        return message;
    }

    /// <summary>A termination or suspension, with the reason in words.</summary>
    public static JsonObject Ending(MessageKind kind, string providerPid, string consumerPid, string code, string? reason)
    {
        var message = Later(kind, providerPid, consumerPid);
        message["code"] = code;
        if (!string.IsNullOrWhiteSpace(reason))
            message["reason"] = new JsonArray(reason);
        return message;
    }

    /// <summary>An agreement in the protocol's form: the offer's rules, between two participants.</summary>
    public static JsonObject AgreementOf(JsonObject offer, string assigner, string assignee, DateTimeOffset at)
    {
        var agreement = new JsonObject
        {
            ["@id"] = NewId(),
            ["@type"] = "Agreement",
            ["target"] = offer["target"]!.DeepClone(),
            ["assigner"] = assigner,
            ["assignee"] = assignee,
            ["timestamp"] = at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        };
        foreach (var rules in (string[])["profile", "permission", "prohibition", "obligation"])
        {
            if (offer[rules] is { } kept)
                agreement[rules] = kept.DeepClone();
        }
        return agreement;
    }

    /// <summary>An offer as messages carry it: the catalogue's, with the dataset it is for.</summary>
    public static JsonObject OfferFor(JsonObject offer, string dataset)
    {
        var message = offer.DeepClone().AsObject();
        message["target"] = dataset;
        return message;
    }

    /// <summary>The purposes a message declares; null when it declares none.</summary>
    public static ImmutableArray<string>? PurposesIn(JsonObject message) =>
        message[PurposesMember] is JsonArray { Count: > 0 and <= 64 } purposes && purposes.All(purpose => purpose is JsonValue value && value.TryGetValue<string>(out var text) && text.Length is > 0 and <= Dsp.MaxIdLength)
            ? [.. purposes.Select(purpose => purpose!.GetValue<string>())]
            : null;

    private static JsonObject WithPurposes(JsonObject message, ImmutableArray<string> purposes)
    {
        if (!purposes.IsDefaultOrEmpty)
            message[PurposesMember] = new JsonArray([.. purposes.Select(purpose => JsonValue.Create(purpose))]);
        return message;
    }

    private static JsonObject Begin(MessageKind kind)
    {
        var message = Dsp.Message(kind.WireType());
        message["@id"] = NewId();
        return message;
    }

    private static string NewId() => $"urn:uuid:{Guid.NewGuid()}";
}
