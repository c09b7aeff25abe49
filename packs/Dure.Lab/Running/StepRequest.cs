using Dure.Devices;
using Dure.Kernel;
using Dure.Lab.Campaigns;
using Dure.Lab.Protocols;
using Dure.Optimize.Spaces;

namespace Dure.Lab.Running;

/// <summary>What a step of a trial asks of an instrument, with each value in the unit that the instrument's own description gives.</summary>
internal static class StepRequest
{
    /// <exception cref="ProblemException">The instrument has no such action or parameter, or a unit does not fit.</exception>
    public static Dictionary<string, ActionValue> Values(Campaign campaign, LabTrial trial, int place, InstrumentDescription instrument)
    {
        var step = campaign.Plan.Protocol!.Steps[place - 1];
        var action = instrument.Action(step.Action);
        var values = new Dictionary<string, ActionValue>(StringComparer.Ordinal);
        foreach (var (name, source) in step.Set)
        {
            var field = action.Parameters.FirstOrDefault(parameter => parameter.Name == name)
                ?? throw Bad(step, $"The action '{step.Action}' has no parameter '{name}'.", $"It takes: {string.Join(", ", action.Parameters.Select(parameter => parameter.Name))}.");
            values[name] = Fitted(Value(campaign, trial, step, source), field, step);
        }
        foreach (var (outcome, result) in step.Measure)
            CheckMeasured(campaign.Plan.Outcomes.First(one => one.Name == outcome).Unit, result, action, step);
        if (step.Scanned is { } scanned && action.Results.All(field => field.Name != scanned))
            throw Bad(step, $"The action '{step.Action}' gives no '{scanned}' to know the sample by.", $"It gives: {string.Join(", ", action.Results.Select(field => field.Name))}.");
        if (step.Sample is { } sample)
            values[sample] = new ActionValue.Text(SampleCode.Of(campaign.Id, trial.Number, trial.Run));
        return values;
    }

    /// <summary>What a step uses up, by material.</summary>
    /// <exception cref="ProblemException">An amount is no number.</exception>
    public static Dictionary<string, ActionValue.Number> Uses(Campaign campaign, LabTrial trial, int place)
    {
        var step = campaign.Plan.Protocol!.Steps[place - 1];
        return step.Uses.ToDictionary(one => one.Key, one => Value(campaign, trial, step, one.Value) as ActionValue.Number
            ?? throw Bad(step, $"How much it uses of '{one.Key}' is no number.", "Give a factor that is a number, or {\"value\": 5, \"unit\": \"mL\"}."), StringComparer.Ordinal);
    }

    private static ActionValue Value(Campaign campaign, LabTrial trial, ProtocolStep step, StepValue source) => source switch
    {
        StepValue.OfFactor of => OfFactor(campaign.Plan.Space, of.Factor, trial.Point),
        StepValue.Constant constant => constant.Value,
        StepValue.OfStep of => OfStep(campaign, trial, of) ?? throw Bad(step, $"The step '{of.Step}' gave no '{of.Result}'.", "Name a result that its action describes."),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static ActionValue OfFactor(SearchSpace space, string name, double[] point)
    {
        var number = space.NumberOf(name);
        return space.Factors[number] is Factor.Category category ? new ActionValue.Text(category.Options[(int)point[number]]) : new ActionValue.Number(point[number], space.Factors[number].UnitText);
    }

    private static ActionValue? OfStep(Campaign campaign, LabTrial trial, StepValue.OfStep of)
    {
        var place = campaign.Plan.Protocol!.Steps.ToList().FindIndex(step => step.Name == of.Step) + 1;
        return trial.At(place)?.Results.GetValueOrDefault(of.Result);
    }

    private static void CheckMeasured(string unit, string result, ActionDescription action, ProtocolStep step)
    {
        var field = action.Results.FirstOrDefault(field => field.Name == result) ?? throw Bad(step, $"The action '{step.Action}' gives no '{result}'.", $"It gives: {string.Join(", ", action.Results.Select(one => one.Name))}.");
        if (field.Kind is not (FieldKind.Number or FieldKind.Integer) || StepUnits.Convert(new ActionValue.Number(1, field.Unit), unit, result) is null)
            throw Bad(step, $"'{result}' is given in '{field.Unit}', which is no number in '{unit}'.", "Measure the outcome by a result of the same kind.");
    }

    private static ActionValue Fitted(ActionValue value, FieldDescription field, ProtocolStep step)
    {
        if (value is not ActionValue.Number number || field.Kind is not (FieldKind.Number or FieldKind.Integer))
            return value;
        return StepUnits.Convert(number, field.Unit, field.Name) is { } converted ? new ActionValue.Number(converted, field.Unit)
            : throw Bad(step, $"'{field.Name}' is taken in '{field.Unit}', and what is given is in '{number.Unit}'.", "Give it in a unit of the same kind.");
    }

    private static ProblemException Bad(ProtocolStep step, string what, string mend) => new("urn:dure:lab:bad-protocol", what, $"step '{step.Name}'", mend);
}
