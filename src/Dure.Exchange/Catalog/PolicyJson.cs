using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Exchange.Policies;

namespace Dure.Exchange.Catalog;

/// <summary>Policies as they stand in messages and in the journal.</summary>
public static class PolicyJson
{
    /// <summary>Reads the rules of an offer or an agreement.</summary>
    /// <exception cref="Dure.Kernel.ProblemException">They are not what the protocol allows.</exception>
    public static UsagePolicy Read(JsonObject rules) => UsagePolicy.Read(JsonSerializer.SerializeToElement(rules));

    /// <summary>The offer of an offering as the catalogue shows it.</summary>
    public static JsonObject OfferOf(Offering offering)
    {
        var offer = new JsonObject { ["@id"] = offering.OfferId, ["@type"] = "Offer" };
        foreach (var (name, rules) in offering.Policy.ToJson())
            offer[name] = rules?.DeepClone();
        return offer;
    }
}
