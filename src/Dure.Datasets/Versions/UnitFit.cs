using Dure.Kernel;

namespace Dure.Datasets;

/// <summary>Brings a signal into its column's unit.</summary>
internal static class UnitFit
{
    /// <summary>Throws a unit-mismatch problem naming the signal when the units measure different things.</summary>
    public static Series Into(Series series, string unit, SignalId signal)
    {
        if (series.Facts.Unit == unit)
            return series;
        var conversion = Unit.Parse(series.Facts.Unit).ConversionTo(Unit.Parse(unit), $"Signal {signal}");
        var values = series.Values.ToArray();
        conversion.Apply(values);
        var facts = series.Facts with { Unit = unit, Low = Convert(series.Facts.Low, conversion), High = Convert(series.Facts.High, conversion) };
        return series with { Facts = facts, Values = values };
    }

    private static double? Convert(double? limit, UnitConversion conversion) => limit is { } value ? conversion.Apply(value) : null;
}
