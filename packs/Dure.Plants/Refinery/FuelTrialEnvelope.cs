using Dure.Kernel;
using Dure.Loop;
using Dure.Optimize.SetPoints;

namespace Dure.Plants.Refinery;

/// <summary>What the gate lets a trial do with the unit's set-points: within ranges and rates, while products and emissions read within their limits. Going back after a limit was passed needs no interlock to hold, but leads only towards the base.</summary>
internal sealed class FuelTrialEnvelope(CrudeUnit unit)
{
    private const string AllowedBy = "operator of the simulated unit";

    /// <summary>Steps between both operating points follow each other faster than the search's moves, but no faster than this.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromMinutes(10);

    private readonly double[] readings = new double[unit.Description.Measurements.Count];
    private Envelope? moving;

    /// <summary>Set when a limit was passed: from then on only the way back is open.</summary>
    public bool IsRetreating { get; set; }

    public static string ActionFor(string setPoint) => $"set {setPoint}";

    public Envelope Current => IsRetreating ? Retreat() : moving ??= Moving();

    /// <summary>The measured limits that are passed or not known, in words; empty: none.</summary>
    public string Passed(FuelTrialLimit limit)
    {
        unit.Measure(readings);
        var passed = "";
        for (var i = 0; i < readings.Length; i++)
        {
            var its = unit.Description.Measurements[i];
            if (FuelTrialLimits.Of(its.Name) == limit && !(readings[i] >= (its.Low ?? double.NegativeInfinity) && readings[i] <= (its.High ?? double.PositiveInfinity)))
                passed += $"{(passed.Length > 0 ? ", " : "")}{its.Name} reads {readings[i]:G5} {its.Unit}";
        }
        return passed;
    }

    private Envelope Moving() => new("crude unit, simulated: set-points", AllowedBy,
        [.. FuelSaving.Problem.SetPoints.Select(one => new AllowedAction(ActionFor(one.Name), one.Unit, one.Low, one.High, one.MostChange * (1 + 1e-9), Rest))],
        [
            new Interlock("products read within their specification", () => Passed(FuelTrialLimit.Product).Length == 0),
            new Interlock("emissions read below their limits", () => Passed(FuelTrialLimit.Emission).Length == 0),
            new Interlock("the unit runs", () => unit.ShutdownReason is null),
        ]);

    private Envelope Retreat() => new("crude unit, simulated: back towards the base", AllowedBy, [.. FuelSaving.Problem.SetPoints.Select(Towards)], []);

    private AllowedAction Towards(SetPointRange one)
    {
        var (now, start) = (unit.SetpointOf(one.Name), unit.Description.Setpoints[unit.Description.Setpoint(one.Name)].Start);
        return new(ActionFor(one.Name), one.Unit, Math.Min(now, start), Math.Max(now, start));
    }
}

/// <summary>Which kind of limit a measurement has.</summary>
internal enum FuelTrialLimit
{
    None,
    Product,
    Emission,
}

internal static class FuelTrialLimits
{
    public static FuelTrialLimit Of(string measurement) => measurement switch
    {
        "distillate purity" or "bottoms impurity" => FuelTrialLimit.Product,
        "carbon monoxide" or "nitrogen oxides" => FuelTrialLimit.Emission,
        _ => FuelTrialLimit.None,
    };
}

/// <summary>Moves the set-points of a virtual unit; nothing but the gate calls it.</summary>
internal sealed class CrudeUnitActuator(CrudeUnit unit) : IActuator
{
    public string Name => "simulated crude unit";

    public bool IsSimulated => true;

    /// <exception cref="ProblemException">The unit has no such set-point, or it is out of its range.</exception>
    public Task<Actuation> Act(ProposedAction action, CancellationToken cancel)
    {
        var name = FuelSaving.SetPoints.First(one => FuelTrialEnvelope.ActionFor(one) == action.Action);
        unit.Set(name, action.Setpoint!.Value); // the envelope refuses a proposal without one
        return Task.FromResult(new Actuation(unit.SetpointOf(name)));
    }
}
