using Dure.Kernel;
using Dure.Plants;
using Dure.Plants.Distillation;
using Dure.Plants.Fermentation;
using Dure.Plants.Heating;
using Dure.Plants.Reactors;
using Dure.Plants.Refinery;
using Dure.Plants.TennesseeEastman;
using Xunit;

namespace Dure.Tests.Plants;

/// <summary>What holds for each plant, whatever it makes.</summary>
public sealed class EveryPlantTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string> Names => [.. Makers.Keys];

    private static readonly Dictionary<string, Func<int, VirtualPlant>> Makers = new(StringComparer.Ordinal)
    {
        ["column-a"] = seed => new ColumnPlant(seed),
        ["fired-heater"] = seed => new FiredHeaterPlant(seed),
        ["crude-unit"] = seed => new CrudeUnit(seed),
        ["williams-otto"] = seed => new WilliamsOttoPlant(seed),
        ["van-de-vusse"] = seed => new VanDeVussePlant(seed),
        ["fed-batch"] = seed => new FedBatchPlant(seed),
        ["tennessee-eastman"] = seed => new TennesseeEastmanPlant(seed),
    };

    [Theory, MemberData(nameof(Names))]
    public void The_description_is_sound_and_fits_the_name(string name)
    {
        var description = Makers[name](1).Description;
        Assert.Equal(name, description.Name);
        foreach (var names in (IEnumerable<string>[])[description.Setpoints.Select(one => one.Name), description.Measurements.Select(one => one.Name),
            description.Kpis.Select(one => one.Name), description.Faults.Select(one => one.Name)])
        {
            var all = names.ToArray();
            Assert.NotEmpty(all);
            Assert.Equal(all.Length, all.Distinct(StringComparer.Ordinal).Count());
        }
        Assert.All(description.Setpoints, one => Assert.InRange(one.Start, one.Low, one.High));
        var signals = description.Signals().ToArray();
        Assert.Equal(description.Setpoints.Count + description.Measurements.Count + description.Kpis.Count, signals.Select(one => one.Id).Distinct().Count());
        Assert.All(signals, one => Assert.True(Unit.TryParse(one.Unit, out _, out _) && one.Id.Asset == description.Asset && one.Words.Length > 0));
        Assert.All(description.Faults, one => Assert.True(one.Sensor is null || description.Measurements.Any(its => its.Name == one.Sensor.Measurement)));
    }

    [Theory, MemberData(nameof(Names))]
    public void It_starts_within_its_limits_and_stays_there_if_left_alone(string name)
    {
        var plant = Makers[name](17);
        Assert.Empty(plant.Breaches());
        plant.Advance(TimeSpan.FromHours(12), Cancel);
        Assert.Empty(plant.Breaches());
        Assert.Equal(TimeSpan.FromHours(12), plant.Elapsed);
    }

    [Theory, MemberData(nameof(Names))]
    public void Values_that_are_no_numbers_or_out_of_range_are_refused_for_each_setpoint(string name)
    {
        var plant = Makers[name](1);
        var before = plant.Save();
        foreach (var setpoint in plant.Description.Setpoints)
            foreach (var bad in (double[])[double.NaN, double.NegativeInfinity, double.PositiveInfinity, setpoint.Low - 1e-6, setpoint.High + 1e-6, double.MaxValue])
                Assert.Throws<ProblemException>(() => plant.Set(setpoint.Name, bad));
        Assert.Equal(before, plant.Save());
    }

    [Theory, MemberData(nameof(Names))]
    public void Whatever_it_is_told_within_range_and_whatever_fails_its_state_stays_finite(string name)
    {
        var plant = Makers[name](23);
        var random = new Random(42);
        for (var move = 0; move < 60; move++)
        {
            foreach (var setpoint in plant.Description.Setpoints)
                plant.Set(setpoint.Name, random.Next(3) switch { 0 => setpoint.Low, 1 => setpoint.High, _ => setpoint.Low + random.NextDouble() * (setpoint.High - setpoint.Low) });
            var fault = plant.Description.Faults[random.Next(plant.Description.Faults.Count)];
            plant.Switch(fault.Name, random.Next(2) == 0);
            plant.Advance(TimeSpan.FromMinutes(20), Cancel);
            Assert.All(plant.Truth(), value => Assert.True(double.IsFinite(value), $"move {move}"));
            Assert.All(plant.Kpis(), value => Assert.True(double.IsFinite(value), $"move {move}"));
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void A_restored_plant_continues_to_the_same_bytes_and_a_foreign_snapshot_is_refused(string name)
    {
        var (plant, other) = (Makers[name](31), Makers[name](1));
        var setpoint = plant.Description.Setpoints[0];
        plant.Set(setpoint.Name, setpoint.Low + 0.7 * (setpoint.High - setpoint.Low));
        plant.Switch(plant.Description.Faults[^1].Name, true);
        plant.Advance(TimeSpan.FromMinutes(137), Cancel);
        other.Restore(plant.Save());
        foreach (var one in (VirtualPlant[])[plant, other])
        {
            one.Switch(one.Description.Faults[0].Name, true);
            one.Advance(TimeSpan.FromMinutes(301), Cancel);
        }
        Assert.Equal(plant.Save(), other.Save());
        Assert.Equal(plant.Measure(), other.Measure());
        var foreign = Makers[name == "crude-unit" ? "fed-batch" : "crude-unit"](1);
        Assert.Equal("urn:dure:plants:bad-snapshot", Assert.Throws<ProblemException>(() => foreign.Restore(plant.Save())).Problem.Type);
    }

    [Fact]
    public void A_snapshot_of_a_quiet_plant_stays_quiet_and_a_bad_size_is_refused()
    {
        var (quiet, other) = (new CrudeUnit(seed: 1, disturbance: 0), new CrudeUnit(seed: 1));
        other.Restore(quiet.Save());
        other.Advance(TimeSpan.FromDays(1), Cancel);
        Assert.Equal(20, other.Truth("feed"));
        Assert.Equal("urn:dure:plants:bad-disturbance", Assert.Throws<ProblemException>(() => new CrudeUnit(seed: 1, double.NaN)).Problem.Type);
    }

    [Theory, MemberData(nameof(Names))]
    public void Many_short_advances_are_one_long_one(string name)
    {
        var (whole, parts) = (Makers[name](5), Makers[name](5));
        whole.Advance(TimeSpan.FromHours(3), Cancel);
        for (var minute = 0; minute < 180; minute++)
            parts.Advance(TimeSpan.FromMinutes(1), Cancel);
        Assert.Equal(whole.Save(), parts.Save());
    }

    [Theory, MemberData(nameof(Names))]
    public void Running_stops_when_it_is_cancelled(string name)
    {
        using var cancel = new CancellationTokenSource();
        cancel.Cancel();
        Assert.Throws<OperationCanceledException>(() => Makers[name](1).Advance(TimeSpan.FromDays(1000), cancel.Token));
    }
}
