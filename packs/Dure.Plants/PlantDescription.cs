using Dure.Kernel;

namespace Dure.Plants;

/// <summary>A quantity the plant can be told to hold.</summary>
/// <param name="Unit">UCUM code.</param>
/// <param name="Low">Lowest value the plant takes; below it <see cref="VirtualPlant.Set"/> refuses.</param>
/// <param name="High">Highest value the plant takes.</param>
/// <param name="Start">Its value when the plant is made.</param>
/// <param name="MaxChangePerMinute">The plant ramps to a new value at this speed at most; null: at once.</param>
/// <param name="Words">What it is, for people.</param>
public sealed record Setpoint(string Name, string Unit, double Low, double High, double Start, double? MaxChangePerMinute, string Words);

/// <summary>A quantity the plant's instruments report.</summary>
/// <param name="Unit">UCUM code.</param>
/// <param name="NoiseStandardDeviation">Of each reading, in the unit; Gaussian, independent.</param>
/// <param name="DriftPerHour">Standard deviation, over instruments and calibrations, of the slope with which the reading leaves the truth.</param>
/// <param name="Low">Operating limit of the true value; null: none.</param>
/// <param name="High">Operating limit of the true value; null: none.</param>
public sealed record Measurement(
    string Name, string Unit, string Words, double NoiseStandardDeviation = 0, double DriftPerHour = 0, double? Low = null, double? High = null)
{
    /// <summary>How often an analyser takes a sample; zero: an instrument that answers at once.</summary>
    public TimeSpan SampledEvery { get; init; }

    /// <summary>How long an analyser needs for a sample; until then the report before stands.</summary>
    public TimeSpan Delay { get; init; }
}

/// <summary>A figure by which the plant's running is judged, computed from its true state.</summary>
public sealed record Kpi(string Name, string Unit, bool IsBetterLow, string Words);

/// <summary>What may go wrong, by switching it on.</summary>
/// <param name="Sensor">Where an instrument lies: which and how; null: the process itself is at fault.</param>
public sealed record Fault(string Name, string Words, SensorFault? Sensor = null);

/// <summary>How an instrument lies from the moment its fault is switched on.</summary>
/// <param name="Measurement">Name of the measurement.</param>
/// <param name="Bias">Added at once, in the measurement's unit.</param>
/// <param name="DriftPerHour">Added with each hour.</param>
/// <param name="IsStuck">Whether the reading stays what it was.</param>
/// <param name="IsSilent">Whether the reading is NaN.</param>
public sealed record SensorFault(string Measurement, double Bias = 0, double DriftPerHour = 0, bool IsStuck = false, bool IsSilent = false);

/// <summary>One series that a plant can be recorded as.</summary>
/// <param name="Low">Lowest value that is allowed; null: none.</param>
/// <param name="High">Highest value that is allowed; null: none.</param>
public sealed record PlantSignal(SignalId Id, string Unit, string Words, double? Low, double? High);

/// <summary>All that can be said of a plant without running it: a pack registers signals, limits and figures from this.</summary>
/// <param name="Name">Stands in snapshots and messages.</param>
/// <param name="Asset">The path under which its signals are registered.</param>
/// <param name="Words">What it is and what of it is simulated.</param>
public sealed record PlantDescription(
    string Name,
    AssetId Asset,
    string Words,
    IReadOnlyList<Setpoint> Setpoints,
    IReadOnlyList<Measurement> Measurements,
    IReadOnlyList<Kpi> Kpis,
    IReadOnlyList<Fault> Faults)
{
    /// <summary>How often instruments are calibrated; their drift starts from zero then.</summary>
    public TimeSpan CalibratedEvery { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Everything of the plant that can be recorded: measurements by their name, set-points and figures with that word behind it, so that none share a path.</summary>
    /// <exception cref="ProblemException">A name that no path may have.</exception>
    public IEnumerable<PlantSignal> Signals() =>
        Measurements.Select(one => new PlantSignal(Asset.Signal(one.Name), one.Unit, one.Words, one.Low, one.High))
            .Concat(Setpoints.Select(one => new PlantSignal(Asset.Signal($"{one.Name} setpoint"), one.Unit, one.Words, one.Low, one.High)))
            .Concat(Kpis.Select(one => new PlantSignal(Asset.Signal($"{one.Name} figure"), one.Unit, one.Words, Low: null, High: null)));

    internal int Setpoint(string name) => IndexOf(Setpoints, one => one.Name, name, "setpoint");

    internal int Measurement(string name) => IndexOf(Measurements, one => one.Name, name, "measurement");

    internal int Kpi(string name) => IndexOf(Kpis, one => one.Name, name, "kpi");

    internal int Fault(string name) => IndexOf(Faults, one => one.Name, name, "fault");

    private int IndexOf<T>(IReadOnlyList<T> all, Func<T, string> nameOf, string name, string kind)
    {
        for (var i = 0; i < all.Count; i++)
            if (nameOf(all[i]) == name)
                return i;
        throw new ProblemException($"urn:dure:plants:unknown-{kind}", $"There is no {kind} '{name}'.", Name,
            all.Count == 0 ? $"This plant has no {kind}." : $"Use one of: {string.Join(", ", all.Select(nameOf))}.");
    }
}
