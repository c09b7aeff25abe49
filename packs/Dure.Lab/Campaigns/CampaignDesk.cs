using System.Text;
using System.Text.Json.Nodes;
using Dure.Kernel;
using Dure.Lab.Rehearsals;
using Dure.Optimize.Campaigns;
using Dure.Optimize.Spaces;

namespace Dure.Lab.Campaigns;

/// <summary>
/// What people and programs do with campaigns, in their words: names and units instead of numbers. All doors of a node (HTTP, command line, pages, MCP) come here.
/// </summary>
public sealed class CampaignDesk(CampaignBook book, TimeProvider time)
{
    private const int IdLength = 8;

    /// <summary>Writes a campaign down. Nothing is tried before it is approved and started.</summary>
    /// <exception cref="ProblemException">The plan makes no sense; it names what and how to mend it.</exception>
    public Task<Campaign> Draft(JsonObject plan, string owner, string by, CancellationToken cancel)
    {
        if (string.IsNullOrWhiteSpace(owner) || owner.Length > 100)
            throw new ProblemException("urn:dure:lab:bad-plan", "It has no owner.", "owner", "Say whose data it makes, in up to 100 characters.");
        _ = book.EarlierOf(CampaignText.Read(plan), owner);
        var id = ContentHash.Of(Encoding.UTF8.GetBytes($"{plan.ToJsonString()} {Micros.Of(time.GetUtcNow())} {by}")).Hex[..IdLength];
        return book.Write(new LabEvent.Drafted(id, plan, owner), by, cancel);
    }

    public Task<Campaign> Move(string id, CampaignStage to, string why, string by, CancellationToken cancel) => book.Write(new LabEvent.Moved(book.Find(id).Id, to, why), by, cancel);

    /// <summary>Changes ranges, limits, budget or protocol: the whole plan anew. What is pinned stays pinned.</summary>
    public Task<Campaign> Change(string id, JsonObject plan, string why, string by, CancellationToken cancel) =>
        Edit(id, campaign => new LabEvent.Edited(id, plan, campaign.Narrowings, why), by, cancel);

    /// <summary>Holds a factor at a value, an option, or in a part of its range, until it is let loose.</summary>
    /// <param name="from">A value or an option; with a unit where wanted.</param>
    /// <param name="to">The upper end; null: it is held at <paramref name="from"/>.</param>
    public Task<Campaign> Narrow(string id, string factor, string from, string? to, string why, string by, CancellationToken cancel) => Edit(id, campaign =>
    {
        var space = campaign.Plan.Space;
        var narrowing = space.Factors[space.NumberOf(factor)] is Factor.Category
            ? new Narrowing(factor, double.NaN, double.NaN, [.. from.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)])
            : new Narrowing(factor, space.ReadValue(factor, from), space.ReadValue(factor, to ?? from), null);
        return new LabEvent.Edited(id, null, [.. campaign.Narrowings.Where(one => one.Factor != factor), narrowing], why);
    }, by, cancel);

    /// <summary>Lets a factor have its whole range again.</summary>
    public Task<Campaign> Loosen(string id, string factor, string why, string by, CancellationToken cancel) =>
        Edit(id, campaign => new LabEvent.Edited(id, null, [.. campaign.Narrowings.Where(one => one.Factor != factor)], why), by, cancel);

    /// <summary>Keeps how it went on a stand-in; its report shows that beside what really came.</summary>
    public Task<Campaign> Rehearsed(string id, Rehearsal result, string by, CancellationToken cancel) => book.Write(new LabEvent.Rehearsed(book.Find(id).Id, result), by, cancel);

    /// <summary>Agrees to a trial, or vetoes it.</summary>
    public Task<Campaign> Answer(string id, int trial, bool isApproved, string why, string by, CancellationToken cancel) => book.Write(new LabEvent.Answered(book.Find(id).Id, trial, isApproved, why), by, cancel);

    /// <summary>Adds a trial of one's own: instruments make it as any other, or its outcomes are entered.</summary>
    /// <param name="point">For each factor a number, a text with a unit, or an option.</param>
    public async Task<LabTrial> Add(string id, IReadOnlyDictionary<string, object?> point, string by, CancellationToken cancel)
    {
        var campaign = await book.Write(id, now => new LabEvent.Proposed(id, Found(now, id).Trials.Count + 1, now!.Plan.Space.Read(point), null, now.Known), by, cancel);
        return campaign!.Trials[^1];
    }

    /// <summary>Enters what came of a trial, or corrects it.</summary>
    /// <param name="values">For each outcome that was measured a number in its unit, or a text with a unit.</param>
    public Task<Campaign?> Enter(string id, int trial, TrialState state, IReadOnlyDictionary<string, object?> values, string why, string by, CancellationToken cancel) => book.Write(id, now =>
    {
        var outcomes = Found(now, id).Plan.Outcomes;
        if (values.Keys.FirstOrDefault(name => outcomes.All(outcome => outcome.Name != name)) is { } stranger)
            throw new ProblemException("urn:dure:lab:bad-value", $"There is no outcome '{stranger}'.", $"campaign {id}, trial {trial}", $"The outcomes are: {string.Join(", ", outcomes.Select(outcome => outcome.Name))}.");
        return new LabEvent.Entered(id, trial, state, state == TrialState.Measured ? [.. outcomes.Select(outcome => Value(outcome, values.GetValueOrDefault(outcome.Name)))] : [], why);
    }, by, cancel);

    private async Task<Campaign> Edit(string id, Func<Campaign, LabEvent> edit, string by, CancellationToken cancel) => (await book.Write(id, now => edit(Found(now, id)), by, cancel))!;

    private Campaign Found(Campaign? now, string id) => now ?? book.Find(id);

    private static double Value(Outcome outcome, object? given) => given is null ? double.NaN : QuantityText.Read(given, outcome.Unit, $"outcome '{outcome.Name}'");
}
