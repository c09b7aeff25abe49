using System.Text.Json.Nodes;

namespace Dure.Learn;

/// <summary>One number a recipe fixes, and where it comes from.</summary>
public sealed record RecipeParameter(string Name, double Value, string Reason);

/// <summary>How a detector is fitted to a machine's commissioning rows. One recipe serves all machines; nothing in it depends on a label.</summary>
public abstract record AnomalyRecipe
{
    // Keeps a smoothed or squared deviation finite when a sensor answers with infinity.
    internal const double LargestDeviation = 1e6;

    /// <summary>Short name, such as <c>mewma</c>.</summary>
    public abstract string Name { get; }

    /// <summary>What kind of detector this is, in words.</summary>
    public abstract string Title { get; }

    /// <summary>Every number that shapes the fit, with its source.</summary>
    public abstract IReadOnlyList<RecipeParameter> Parameters { get; }

    /// <summary>How far above the commissioning limit a healthy machine may go; set by a calibration that sees no label.</summary>
    public double LimitMultiplier { get; init; } = 1;

    /// <summary>The multipliers a calibration may choose from.</summary>
    public abstract IReadOnlyList<double> LimitMultipliers { get; }

    /// <summary>The fewest commissioning rows the recipe accepts for so many signals.</summary>
    public abstract int FewestRows(int columns);

    /// <summary>Fits the detector to row-major commissioning rows. A missing value (NaN) counts as the signal's mean.</summary>
    public FittedDetector Fit(ReadOnlySpan<double> rows, int columns) => FitUnlessCancelled(rows, columns, CancellationToken.None);

    /// <summary>The same as part of a longer run.</summary>
    internal FittedDetector FitUnlessCancelled(ReadOnlySpan<double> rows, int columns, CancellationToken cancel)
    {
        var scale = CommissioningScale.Of(rows, columns, FewestRows(columns), Name);
        return FitScaled(scale.Standardise(rows), scale, cancel);
    }

    /// <summary>The recipe as canonical-ready JSON: name and all parameters, so that its hash names it.</summary>
    public JsonObject ToJson()
    {
        var parameters = new JsonObject { ["limitMultiplier"] = LimitMultiplier };
        foreach (var parameter in Parameters)
            parameters[parameter.Name] = parameter.Value;
        return new JsonObject { ["detector"] = Name, ["parameters"] = parameters };
    }

    private protected abstract FittedDetector FitScaled(double[] standardised, CommissioningScale scale, CancellationToken cancel);
}
