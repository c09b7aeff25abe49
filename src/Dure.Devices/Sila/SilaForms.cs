using Dure.Kernel;

namespace Dure.Devices.Sila;

/// <summary>From a feature's definition to the fields of a form, and from filled-in fields to SiLA values and back.</summary>
public static class SilaForms
{
    /// <summary>
    /// The observable commands whose parameters and responses are numbers, texts and flags; others (structures, lists, bytes) are reached through
    /// <see cref="SilaClient"/>. Responses of other kinds are left out.
    /// </summary>
    public static IReadOnlyList<ActionDescription> Actions(SilaFeature feature) =>
    [
        .. feature.Commands.Where(command => command.IsObservable && command.Parameters.All(parameter => Field(parameter, feature) is not null))
            .Select(command => new ActionDescription(command.Identifier, command.DisplayName, command.Description, Fields(command.Parameters, feature), Fields(command.Responses, feature))),
    ];

    /// <summary>The element as a field, or null when no simple field can hold it.</summary>
    public static FieldDescription? Field(SilaElement element, SilaFeature feature)
    {
        var constraints = new SilaConstraints();
        var type = element.Type;
        for (var depth = 0; type is not SilaType.Basic && depth < FeatureReader.MaxDepth; depth++)
        {
            if (type is SilaType.Constrained constrained)
                (type, constraints) = (constrained.Inner, constrained.Constraints);
            else
                return null; // a defined type is a message of its own
        }
        FieldKind? kind = (type as SilaType.Basic)?.Kind switch
        {
            SilaBasic.Real => FieldKind.Number,
            SilaBasic.Integer => FieldKind.Integer,
            SilaBasic.String => FieldKind.Text,
            SilaBasic.Boolean => FieldKind.Flag,
            _ => null,
        };
        if (kind is null)
            return null;
        var low = constraints.Minimum ?? double.NegativeInfinity;
        var high = constraints.Maximum ?? double.PositiveInfinity;
        return new FieldDescription(element.Identifier, kind.Value, constraints.Unit ?? "", constraints.IsMinimumExcluded ? Math.BitIncrement(low) : low, constraints.IsMaximumExcluded ? Math.BitDecrement(high) : high)
        {
            Title = element.DisplayName,
            Text = element.Description,
            Choices = kind == FieldKind.Text ? constraints.Set : [],
            MaxTextLength = (int)Math.Min(constraints.MaximumLength ?? FieldDescription.DefaultMaxTextLength, FieldDescription.DefaultMaxTextLength),
        };
    }

    internal static SilaValue.Structure Parameters(SilaCommand command, IReadOnlyDictionary<string, ActionValue> given) =>
        new(command.Parameters.ToDictionary(parameter => parameter.Identifier, parameter => Value(parameter.Type, given[parameter.Identifier]), StringComparer.Ordinal));

    /// <summary>Simple responses as results; a SiLA value carries no unit, so it has the one its definition states.</summary>
    internal static Dictionary<string, ActionValue> Results(SilaCommand command, SilaValue.Structure responses)
    {
        var results = new Dictionary<string, ActionValue>(StringComparer.Ordinal);
        foreach (var response in command.Responses)
        {
            if (Result(responses[response.Identifier], UnitOf(response.Type)) is { } result)
                results.Add(response.Identifier, result);
        }
        return results;
    }

    private static ActionValue? Result(SilaValue value, string unit) => value switch
    {
        SilaValue.Real real => new ActionValue.Number(real.Value, unit),
        SilaValue.Integer integer => new ActionValue.Number(integer.Value, unit),
        SilaValue.Text text => new ActionValue.Text(text.Value),
        SilaValue.Flag flag => new ActionValue.Flag(flag.Value),
        _ => null,
    };

    private static SilaValue Value(SilaType type, ActionValue value) => (type, value) switch
    {
        (SilaType.Constrained constrained, _) => Value(constrained.Inner, value),
        (SilaType.Basic { Kind: SilaBasic.Integer }, ActionValue.Number number) => new SilaValue.Integer((long)number.Value),
        (_, ActionValue.Number number) => new SilaValue.Real(number.Value),
        (_, ActionValue.Text text) => new SilaValue.Text(text.Value),
        (_, ActionValue.Flag flag) => new SilaValue.Flag(flag.Value),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static string UnitOf(SilaType type) => type is SilaType.Constrained constrained ? constrained.Constraints.Unit ?? UnitOf(constrained.Inner) : "";

    private static FieldDescription[] Fields(IReadOnlyList<SilaElement> elements, SilaFeature feature) => [.. elements.Select(element => Field(element, feature)).OfType<FieldDescription>()];
}
