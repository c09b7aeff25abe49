using System.Text.Json.Nodes;
using Dure.Kernel;
using Dure.Lab.Campaigns;
using Dure.Lab.Protocols;
using Dure.Lab.Running;
using Dure.Lab.Virtual;

namespace Dure.Lab.Rehearsals;

/// <summary>The chemistry of the virtual laboratory, asked without its instruments and their time.</summary>
public sealed class VirtualStandIn : StandIn
{
    private readonly Campaign campaign;
    private readonly int prepare, react, analyse;

    private VirtualStandIn(Campaign campaign)
    {
        this.campaign = campaign;
        (prepare, react, analyse) = (PlaceOf("prepare"), PlaceOf("react"), PlaceOf("analyse"));
        Noise = [.. campaign.Plan.Outcomes.Select(outcome => VirtualLab.NoisePercent * InUnitOf(outcome, 1))];
    }

    public override string Origin => "the virtual laboratory: nothing is real";

    public override IReadOnlyList<double> Noise { get; }

    /// <param name="plan">As <see cref="CampaignText"/> reads it.</param>
    /// <exception cref="ProblemException">The plan has no protocol for the virtual laboratory's instruments.</exception>
    public static VirtualStandIn Of(JsonObject plan)
    {
        var drafted = new LabEvent.Drafted("REHEARSAL", plan, "");
        var campaign = Campaign.Begin(new LabEntry(0, default, "", drafted), drafted);
        var standIn = new VirtualStandIn(campaign);
        _ = standIn.Means(campaign.Plan.Space.Sample(1, new Random(0))[0]); // units and names that do not fit are told now
        return standIn;
    }

    public override double[] Means(double[] point)
    {
        var trial = new LabTrial { Number = 1, Point = point, Known = 0, ProposedAt = default, ProposedBy = "" };
        var prepared = StepRequest.Values(campaign, trial, prepare, VirtualLab.Describe(VirtualLab.Doser));
        var reacted = StepRequest.Values(campaign, trial, react, VirtualLab.Describe(VirtualLab.Reactor));
        double number(Dictionary<string, ActionValue> of, string name) => of.GetValueOrDefault(name) is ActionValue.Number given ? given.Value : throw Bad($"The protocol gives no '{name}'.");
        var solvent = prepared.GetValueOrDefault("solvent") is ActionValue.Text text && VirtualCoupling.SolventNames.Contains(text.Value) ? text.Value : throw Bad("The protocol gives no solvent that it has.");
        var (yield, impurity) = VirtualCoupling.React(solvent, number(prepared, "equivalents"), number(prepared, "catalyst"), number(reacted, "temperature"), number(reacted, "time"));
        var measure = campaign.Plan.Protocol!.Steps[analyse - 1].Measure;
        return [.. campaign.Plan.Outcomes.Select(outcome => InUnitOf(outcome, measure.GetValueOrDefault(outcome.Name) switch
        {
            "yield" => yield,
            "impurity" => impurity,
            var other => throw Bad($"It measures no '{other}' for the outcome '{outcome.Name}'."),
        }))];
    }

    private int PlaceOf(string action) => campaign.Plan.Protocol?.Steps.ToList().FindIndex(step => step.Action == action) is { } at and >= 0 ? at + 1
        : throw Bad($"The plan has no step with the action '{action}'.");

    private static double InUnitOf(Optimize.Campaigns.Outcome outcome, double percent) =>
        StepUnits.Convert(new ActionValue.Number(percent, "%"), outcome.Unit, outcome.Name) ?? throw Bad($"The outcome '{outcome.Name}' is in {outcome.Unit}, and the virtual laboratory measures percent.");

    private static ProblemException Bad(string what) => new("urn:dure:lab:not-virtual", what, "rehearsal", "Rehearse on earlier trials instead, or write a protocol for the virtual doser, reactor and analyser.");
}
