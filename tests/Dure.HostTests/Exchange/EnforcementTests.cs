using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Xunit;

namespace Dure.HostTests.Exchange;

/// <summary>One node that is an alliance too, and one dataset, for many policies.</summary>
public sealed class EnforcementFixture : IAsyncLifetime
{
    internal SharingNode Maker { get; private set; } = null!; // InitializeAsync sets it
    internal string Version { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        Maker = await SharingNode.Start();
        Version = await Maker.CutDataset("pumps", 1);
    }

    public ValueTask DisposeAsync() => Maker?.DisposeAsync() ?? default; // it may not have come to life
}

/// <summary>Each condition at each of the four places: catalogue, negotiation, transfer, data. Time passes; no clock is turned.</summary>
public sealed class EnforcementTests(EnforcementFixture fixture) : IClassFixture<EnforcementFixture>
{
    private static readonly TimeSpan UntilThen = TimeSpan.FromSeconds(8);
    private readonly SharingNode maker = fixture.Maker;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("dateTime", "lteq", "2999-01-01T00:00:00Z", "dateTime", "lteq", "2020-01-01T00:00:00Z")]
    [InlineData("dateTime", "gteq", "2020-01-01T00:00:00Z", "dateTime", "gteq", "2999-01-01T00:00:00Z")]
    [InlineData("edc:inForceDate", "lteq", "contractAgreement+9d", "edc:inForceDate", "lteq", "contractAgreement+-9d")]
    [InlineData("elapsedTime", "lteq", "P9D", "elapsedTime", "gteq", "P9D")]
    [InlineData("count", "lteq", "1", "count", "lteq", "0")]
    [InlineData("urn:dure:bytes", "lteq", "100000000", "urn:dure:bytes", "lteq", "0")]
    [InlineData("spatial", "eq", "KR", "spatial", "eq", "DE")]
    [InlineData("Membership", "eq", "active", "Membership", "neq", "active")]
    [InlineData("purpose", "eq", "training", "purpose", "eq", "marketing")]
    [InlineData("recipient", "eq", "{me}", "recipient", "eq", "did:web:lab.example")]
    [InlineData("assignee", "eq", "{me}", "assignee", "neq", "{me}")]
    [InlineData("dateTime", "lteq", "2999-01-01T00:00:00Z", "http://other.example/operand", "eq", "1")]
    [InlineData("dateTime", "lteq", "2999-01-01T00:00:00Z", "dateTime", "lteq", "one fine day")]
    [InlineData("count", "lteq", "5", "count", "lteq", "five")]
    [InlineData("count", "lteq", "5", "count", "isAnyOf", "5")]
    public async Task A_condition_lets_through_whom_it_means_and_hides_the_offer_from_others(string operand, string comparison, string value, string wrongOperand, string wrongComparison, string wrongValue)
    {
        await using var partner = await Member();
        Assert.Equal("catalogue yes, agreement yes, transfer yes, data OK", await Everywhere(partner, Offer(Atomic(operand, comparison, value, partner))));
        Assert.Equal("catalogue no, agreement no", await Everywhere(partner, Offer(Atomic(wrongOperand, wrongComparison, wrongValue, partner))));
    }

    [Theory]
    [InlineData("and", true, true, true)]
    [InlineData("and", true, false, false)]
    [InlineData("or", false, true, true)]
    [InlineData("or", false, false, false)]
    [InlineData("xone", true, false, true)]
    [InlineData("xone", true, true, false)]
    public async Task Conditions_joined_mean_what_they_say(string joint, bool first, bool second, bool expected)
    {
        await using var partner = await Member();
        var group = new JsonObject { [joint] = new JsonArray(Known(first), Known(second)) };
        Assert.Equal(expected ? "catalogue yes, agreement yes, transfer yes, data OK" : "catalogue no, agreement no", await Everywhere(partner, Offer(group)));

        static JsonObject Known(bool holds) => Atomic("dateTime", holds ? "lteq" : "gteq", "2999-01-01T00:00:00Z", null);
    }

    /// <summary>What was agreed on and is no longer so: refused with the reason at the door, for a new transfer and for a new agreement, and hidden.</summary>
    [Fact]
    public async Task What_ends_ends_at_all_four_places()
    {
        var then = DateTimeOffset.UtcNow + UntilThen;
        var instant = then.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);
        var bytes = (await maker.Get($"datasets/{fixture.Version}"))["bytes"]!.GetValue<long>().ToString(CultureInfo.InvariantCulture);
        (string Name, JsonObject Condition, Func<ForeignParticipant, Task> End)[] cases =
        [
            ("a window of time", Atomic("dateTime", "lteq", instant, null), _ => Pass(then)),
            ("in force", Atomic("edc:inForceDate", "lteq", "contractAgreement+8s", null), _ => Pass(then + UntilThen)),
            ("elapsed time", Atomic("elapsedTime", "lteq", "PT8S", null), _ => Pass(then + UntilThen)),
            ("all of", new JsonObject { ["and"] = new JsonArray(Atomic("count", "lteq", "9", null), Atomic("dateTime", "lt", instant, null)) }, _ => Pass(then)),
            ("one of", new JsonObject { ["or"] = new JsonArray(Atomic("count", "lteq", "0", null), Atomic("dateTime", "lt", instant, null)) }, _ => Pass(then)),
            ("exactly one of", new JsonObject { ["xone"] = new JsonArray(Atomic("dateTime", "lteq", instant, null), Atomic("dateTime", "gteq", "2999-01-01T00:00:00Z", null)) }, _ => Pass(then)),
            ("a count", Atomic("count", "lteq", "1", null), _ => Task.CompletedTask), // the download before was the one
            ("bytes", Atomic("urn:dure:bytes", "lteq", bytes, null), _ => Task.CompletedTask),
            ("a membership", Atomic("Membership", "eq", "active", null), Revoke),
            ("a region", Atomic("spatial", "eq", "KR", null), Revoke), // the alliance says no more where it is
        ];
        var failures = await Task.WhenAll(cases.Select(one => EndsEverywhere(one.Name, one.Condition, one.End)));
        Assert.True(failures.All(failure => failure is null), string.Join('\n', failures.Where(failure => failure is not null)));
    }

    [Fact]
    public async Task A_purpose_declared_anew_for_a_transfer_is_judged_anew()
    {
        await using var partner = await Member();
        var (agreement, why) = await partner.Negotiate(maker, await Offer(Atomic("purpose", "eq", "training", null)), ["training"]);
        Assert.True(agreement is not null, why);
        var (door, reason) = await partner.Begin(maker, agreement, ["marketing"]);
        Assert.Null(door);
        Assert.Contains("purpose", reason, StringComparison.OrdinalIgnoreCase);
        Assert.NotNull((await partner.Begin(maker, agreement)).Door);
    }

    [Fact]
    public async Task A_blocked_partner_gets_nothing_more_by_the_door_it_has()
    {
        await using var partner = await Member();
        var (agreement, why) = await partner.Negotiate(maker, await Offer(Atomic("count", "lteq", "9", null)));
        Assert.True(agreement is not null, why);
        var (door, _) = await partner.Begin(maker, agreement);
        await maker.Post("exchange/partners/block", new JsonObject { ["did"] = partner.Did, ["reason"] = "enough" });
        using var answer = await partner.Ask(door!);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await partner.Get(maker, $"transfers/{Uri.EscapeDataString(door!.ProviderPid)}")).Status);
    }

    private static JsonObject Atomic(string operand, string comparison, string value, ForeignParticipant? me) => new()
    {
        ["leftOperand"] = operand,
        ["operator"] = comparison,
        ["rightOperand"] = value == "{me}" ? me!.Did : value,
    };

    private Task<JsonObject> Offer(JsonObject condition) => maker.Offer(fixture.Version, $"pumps-{Guid.NewGuid():N}",
        new JsonObject { ["permission"] = new JsonArray(new JsonObject { ["action"] = "use", ["constraint"] = new JsonArray(condition) }) });

    private async Task<ForeignParticipant> Member()
    {
        var partner = new ForeignParticipant();
        await partner.Join(await maker.Invite("Member", new JsonObject { ["region"] = "KR" }));
        return partner;
    }

    private async Task<string> Everywhere(ForeignParticipant partner, Task<JsonObject> publishing)
    {
        var offering = await publishing;
        var seen = $"catalogue {(await Sees(partner, offering) ? "yes" : "no")}";
        var (agreement, reason) = await partner.Negotiate(maker, offering, ["training"]);
        if (agreement is null)
        {
            Assert.True(reason.Length > 20, $"no reason was given: {reason}");
            return $"{seen}, agreement no";
        }
        var (door, why) = await partner.Begin(maker, agreement);
        if (door is null)
            return $"{seen}, agreement yes, transfer no: {why}";
        using var answer = await partner.Ask(door);
        return $"{seen}, agreement yes, transfer yes, data {answer.StatusCode}";
    }

    private async Task<bool> Sees(ForeignParticipant partner, JsonObject offering)
    {
        var request = ForeignParticipant.Message("CatalogRequestMessage");
        request["filter"] = new JsonArray(offering["id"]!.DeepClone());
        request["dure:purpose"] = new JsonArray("training");
        var (status, body) = await partner.Post(maker, "catalog/request", request);
        Assert.Equal(HttpStatusCode.OK, status);
        return body!["dataset"] is JsonArray { Count: 1 };
    }

    private async Task<string?> EndsEverywhere(string name, JsonObject condition, Func<ForeignParticipant, Task> end)
    {
        await using var partner = await Member();
        var offering = await Offer(condition);
        var (agreement, refused) = await partner.Negotiate(maker, offering);
        if (agreement is null)
            return $"{name}: refused before its time: {refused}";
        var (door, why) = await partner.Begin(maker, agreement);
        if (door is null)
            return $"{name}: no transfer before its time: {why}";
        using (var first = await partner.Ask(door))
        {
            if (!first.IsSuccessStatusCode)
                return $"{name}: no data before its time: {await first.Content.ReadAsStringAsync(Cancel)}";
            await first.Content.ReadAsByteArrayAsync(Cancel);
        }
        await end(partner);
        using var second = await partner.Ask(door);
        var words = await second.Content.ReadAsStringAsync(Cancel);
        if (second.StatusCode != HttpStatusCode.Forbidden || !words.Contains("policy:", StringComparison.Ordinal))
            return $"{name}: the door says {second.StatusCode} {words}";
        var (again, reason) = await partner.Begin(maker, agreement);
        if (again is not null || reason.Length < 20)
            return $"{name}: a new transfer is {(again is null ? "refused without a reason" : "begun")}: {reason}";
        (agreement, reason) = await partner.Negotiate(maker, offering);
        if (agreement is not null || reason.Length < 20)
            return $"{name}: a new agreement is {(agreement is null ? "refused without a reason" : "made")}: {reason}";
        return await Sees(partner, offering) ? $"{name}: still in the catalogue" : null;
    }

    private Task Revoke(ForeignParticipant partner) => maker.Post("exchange/members/revoke", new JsonObject { ["did"] = partner.Did, ["reason"] = "left" });

    private static Task Pass(DateTimeOffset then) => Task.Delay(TimeSpan.FromTicks(Math.Max(0, (then - DateTimeOffset.UtcNow).Ticks)) + TimeSpan.FromMilliseconds(200), Cancel);
}
