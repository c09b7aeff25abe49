using Dure.Kernel;

namespace Dure.Lab.Protocols;

/// <summary>Between the units of plans (UCUM) and those that devices write, which may be spelt their own way.</summary>
internal static class StepUnits
{
    /// <summary>The number in another unit; null where the units measure different things or cannot be read.</summary>
    public static double? Convert(ActionValue.Number number, string unit, string what)
    {
        if (Same(number.Unit, unit))
            return number.Value;
        if (!Unit.TryParse(number.Unit, out var from, out _) || !Unit.TryParse(unit, out var to, out _) || !from.CanConvertTo(to))
            return null;
        return from.ConversionTo(to, what).Apply(number.Value);
    }

    private static bool Same(string one, string other) => one == other || one is ("" or "1") && other is ("" or "1");
}
