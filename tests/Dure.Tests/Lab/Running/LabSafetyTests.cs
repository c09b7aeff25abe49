using System.Text.Json.Nodes;
using Dure.Kernel;
using Dure.Lab.Campaigns;
using Dure.Lab.Safety;
using Dure.Loop;
using Xunit;

namespace Dure.Tests.Lab.Running;

public sealed class LabSafetyTests : IDisposable
{
    /// <summary>Each trial takes 2 g of the catalyst and 10 mL of the acid.</summary>
    private static readonly string Plan = TestLaboratory.Plan.Replace("\"step\": \"prepare\",", "\"step\": \"prepare\", \"uses\": { \"catalyst\": { \"value\": 2, \"unit\": \"g\" }, \"acid\": { \"value\": 0.01, \"unit\": \"L\" } },", StringComparison.Ordinal);

    private readonly string folder = Directory.CreateTempSubdirectory("lab").FullName;
    private readonly TestLedger ledger = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_step_waits_until_its_material_is_filled_up_and_says_what_is_missing()
    {
        await using var lab = new TestLaboratory(ledger, folder);
        await lab.Furnish();
        await lab.Materials.Count(new Material("catalyst", "g", 5, 4, [], null), "kim", Cancel);
        await lab.Materials.Count(new Material("acid", "mL", 500, 0, ["acid"], null), "kim", Cancel);
        lab.Start();
        await lab.Begin(Plan);
        await lab.UntilKept(3, "2 g of 'catalyst' are needed and 1 are left");
        Assert.True(lab.Materials.All.Single(one => one.Name == "catalyst").IsLow);
        await lab.Materials.Count(new Material("catalyst", "g", 100, 4, [], null), "kim", Cancel);
        await lab.Until(now => now.Known >= 4);
        using var again = new MaterialStore(ledger, TimeProvider.System);
        Assert.Equal(lab.Materials.All.Single(one => one.Name == "acid").Amount, again.All.Single(one => one.Name == "acid").Amount, 9);
    }

    [Fact]
    public async Task What_must_not_meet_is_never_brought_together()
    {
        await using var lab = new TestLaboratory(ledger, folder);
        await lab.Furnish();
        await lab.Materials.Count(new Material("catalyst", "g", 100, 0, ["azide"], null), "kim", Cancel);
        await lab.Materials.Count(new Material("acid", "mL", 500, 0, ["acid"], null), "kim", Cancel);
        await lab.Materials.Separate([new Incompatibility("acid", "azide", "it gives hydrazoic acid")], "kim", Cancel);
        lab.Start();
        await lab.Begin(Plan);
        await lab.UntilKept(1, "hydrazoic acid");
        Assert.DoesNotContain(ledger.Decisions, one => one.Decision is Decision.Allowed);
    }

    [Theory]
    [InlineData("g", 0.0, "2 g")]
    [InlineData("L", 10.0, "counted in L")]
    public async Task Stock_in_another_unit_or_none_is_refused(string unit, double amount, string named)
    {
        await using var lab = new TestLaboratory(ledger, folder);
        await lab.Materials.Count(new Material("catalyst", unit, amount, 0, [], null), "kim", Cancel);
        var objection = await lab.Materials.TryTake("c1.1.1.1", new Dictionary<string, ActionValue.Number> { ["catalyst"] = new(2, "g") }, [], "lab", Cancel);
        Assert.Contains(named, objection, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Expired_material_is_not_used_and_one_key_takes_once()
    {
        await using var lab = new TestLaboratory(ledger, folder);
        var uses = new Dictionary<string, ActionValue.Number> { ["catalyst"] = new(2000, "mg") };
        await lab.Materials.Count(new Material("catalyst", "g", 10, 0, [], DateTimeOffset.UnixEpoch), "kim", Cancel);
        Assert.Contains("expired", await lab.Materials.TryTake("a", uses, [], "lab", Cancel), StringComparison.Ordinal);
        await lab.Materials.Count(new Material("catalyst", "g", 10, 0, [], null), "kim", Cancel);
        Assert.Null(await lab.Materials.TryTake("a", uses, [], "lab", Cancel));
        Assert.Null(await lab.Materials.TryTake("a", uses, [], "lab", Cancel));
        Assert.Equal(8, lab.Materials.All.Single().Amount, 9);
        await lab.Materials.PutBack("a", "lab", Cancel);
        await lab.Materials.PutBack("a", "lab", Cancel);
        Assert.Equal(10, lab.Materials.All.Single().Amount, 9);
    }

    [Fact]
    public async Task An_attended_instrument_works_only_while_somebody_is_there()
    {
        await using var lab = new TestLaboratory(ledger, folder);
        await lab.Furnish(pace: 20_000);
        await lab.Bench.Register(JsonNode.Parse("""
            { "name": "doser", "driver": "virtual", "model": "doser", "pace": 20000, "allowedBy": "test", "attended": true,
              "actions": { "prepare": { "values": { "barcode": { "label": true }, "solvent": { "oneOf": ["toluene", "ethanol", "dioxane"] }, "equivalents": { "low": 0.5, "high": 3 }, "catalyst": { "low": 0.1, "high": 10, "unit": "%" } } } } }
            """)!.AsObject(), "test", Cancel);
        lab.Start();
        await lab.Begin();
        await lab.UntilKept(1, "somebody is there");
        lab.Watch.Keep(TimeSpan.FromMinutes(5), "kim");
        await lab.Until(now => now.Known >= 2);
        lab.Watch.Leave();
        Assert.Throws<ProblemException>(() => lab.Watch.Keep(TimeSpan.FromHours(9), "kim"));
    }

    [Fact]
    public async Task Other_owners_campaigns_are_not_read()
    {
        await using var lab = new TestLaboratory(ledger, folder);
        await lab.Begin();
        var desk = new CampaignDesk(lab.Book, TimeProvider.System);
        var plan = JsonNode.Parse(TestLaboratory.Plan)!.AsObject();
        plan["earlier"] = new JsonArray("c1");
        var refused = await Assert.ThrowsAsync<ProblemException>(() => desk.Draft(plan, "others", "lee", Cancel));
        Assert.Contains("belongs to us", refused.Problem.What, StringComparison.Ordinal);
        Assert.Equal("us", (await desk.Draft(plan, "us", "kim", Cancel)).Owner);
    }
}
