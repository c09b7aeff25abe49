using System.Globalization;
using System.Text.Json.Nodes;
using Dure.Exchange.Catalog;
using Dure.Exchange.Policies;
using Dure.Kernel;

namespace Dure.Node.Http.Exchange;

/// <summary>The terms of an offer as a person gives them: a sentence, the fields of a form, or a policy as it is.</summary>
internal static class TermsRequest
{
    /// <exception cref="ProblemException">Nothing is said, or it makes no sense; names the words or the field.</exception>
    public static UsagePolicy PolicyIn(JsonObject request, TimeProvider time)
    {
        if (request["policy"] is JsonObject rules)
            return PolicyJson.Read(rules);
        if (request["form"] is JsonObject form)
            return TermsIn(form, time.LocalTimeZone).ToPolicy();
        return PolicyTerms.Parse(Requests.Text(request, "terms"), DateOnly.FromDateTime(time.GetLocalNow().DateTime), time.LocalTimeZone).ToPolicy();
    }

    /// <summary>What the terms come to, for the eyes of whoever is about to offer something.</summary>
    public static JsonObject Preview(JsonObject request, TimeProvider time)
    {
        var policy = PolicyIn(request, time);
        return new JsonObject { ["en"] = Words(policy, "en"), ["ko"] = Words(policy, "ko"), ["policy"] = policy.ToJson() };
    }

    private static PolicyTerms TermsIn(JsonObject form, TimeZoneInfo zone) => new()
    {
        MembersOnly = Requests.FlagOr(form, "membersOnly", false),
        Until = Requests.TextOr(form, "until", "") is { Length: > 0 } day ? EndOf(day, zone) : null,
        MaxUses = Amount(form, "maxUses"),
        MaxBytes = Amount(form, "maxBytes"),
        Regions = [.. Requests.Texts(form, "regions")],
        Purposes = [.. Requests.Texts(form, "purposes")],
        Partners = [.. Requests.Texts(form, "partners")],
        MayPassOn = Requests.FlagOr(form, "mayPassOn", false),
        MayDerive = Requests.FlagOr(form, "mayDerive", false),
    };

    /// <summary>The midnight that ends a day, since the day itself still belongs to the time allowed.</summary>
    private static DateTimeOffset EndOf(string day, TimeZoneInfo zone)
    {
        if (!DateOnly.TryParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) || date == DateOnly.MaxValue)
            throw new ProblemException("urn:dure:http:bad-field", $"'{day}' is not a day.", "field 'until'", "Write it as 2026-12-31.");
        var midnight = date.AddDays(1).ToDateTime(TimeOnly.MinValue);
        return new DateTimeOffset(midnight, zone.GetUtcOffset(midnight));
    }

    private static long? Amount(JsonObject form, string field) => form[field] switch
    {
        null => null,
        JsonValue value when value.TryGetValue<double>(out var number) && number == Math.Floor(number) && Math.Abs(number) < 1e15 => (long)number,
        _ => throw new ProblemException("urn:dure:http:bad-field", "The field is not a whole number.", $"field '{field}'", "Send it as a number without fraction, or leave it out."),
    };

    private static JsonArray Words(UsagePolicy policy, string language) => [.. PolicyWords.Describe(policy, language).Select(sentence => JsonValue.Create(sentence))];
}
