using Dure.Plants.Refinery;

namespace Dure.Bench.Lab;

/// <summary>Set-points of running processes: safe exploration, optimisation with a wrong model, and the refinery's fuel.</summary>
internal static class SafetyBenchmark
{
    public static async Task Run(Report report, bool isQuick, string? only)
    {
        if (only == "fuel")
        {
            await RunFuel(report, isQuick);
            return;
        }
        Safety(report, isQuick ? 30 : 1000, isQuick ? 4 : 40);
        Mismatch(report, isQuick ? 20 : 200);
        await RunFuel(report, isQuick);
    }

    private static Task RunFuel(Report report, bool isQuick)
    {
        Fuel(report, isQuick ? 10 : 1000);
        return FuelTrials.Run(report, isQuick ? 8 : 100);
    }

    private static void Safety(Report report, int campaigns, int standardCampaigns)
    {
        report.Note($"safe exploration: {SafetyCampaigns.Starts} safe starts that are not counted, {SafetyCampaigns.Steps} commanded steps; normal noise, its bound at {SafetyCase.NoiseDeviations} deviations; slope bounds from differences of the true plant on a grid, 10 % wider; the gap is that of the set-points recommended at the end, a share of the optimum's profit (Tennessee Eastman: cost)");
        foreach (var its in (SafetyCase[])[SafetyCase.WilliamsOttoReactor(), SafetyCase.Column(report.Note), SafetyCase.TennesseeEastman(report.Note)])
        {
            var found = SafetyCampaigns.Safe(its.Averaging(), campaigns, firstSeed: 5000);
            report.Verdict($"{its.Name}: 0 truly infeasible commands in {campaigns:N0} campaigns of {SafetyCampaigns.Steps}, median gap at most 1 %", found.ToString(), found is { Infeasible: 0, MedianGap: <= 0.01 });
            report.Note($"{its.Name}, only Lipschitz constants (no signs) and the noise bound, no averaging: {SafetyCampaigns.Safe(its.Symmetric(), campaigns, firstSeed: 5000)}");
            report.Note($"{its.Name}, half of the Lipschitz constants stated, which is false: {SafetyCampaigns.Safe(its.Symmetric().WithSlopes(0.5), campaigns, firstSeed: 5000)}");
            report.Note($"{its.Name}, standard constrained expected improvement, gap of its best truly allowed command: {SafetyCampaigns.Standard(its, standardCampaigns, firstSeed: 5000)}");
        }
    }

    private static void Mismatch(Report report, int starts)
    {
        double[][] all = [.. MismatchCase.Starts, .. Enumerable.Range(0, starts).Select(seed => new Random(seed)).Select(random => (double[])[3 + 3 * random.NextDouble(), 70 + 30 * random.NextDouble()])];
        foreach (var noise in (double[])[0, 0.1, 0.5])
        {
            var profits = all.Select((start, seed) => MismatchCase.Run(start, noise, seed)).ToArray();
            var needed = Array.ConvertAll(profits, one => MismatchCase.EvaluationsTo(one, 0.001));
            var gaps = profits.Select(one => 1 - one[^1] / MismatchCase.Optimum).Order().ToArray();
            var figures = $"corners and middle after {string.Join(", ", needed.Take(MismatchCase.Starts.Length).Select(n => n > MismatchCase.Evaluations ? "never" : $"{n}"))} evaluations; {needed.Count(n => n <= MismatchCase.Evaluations)} of {needed.Length} starts within 0.1 % after {MismatchCase.Evaluations}; gap then median {gaps[gaps.Length / 2]:P3}, worst {gaps[^1]:P3}";
            if (noise == 0)
                report.Verdict("Williams-Otto by the model without C: within 0.1 % of 190.98 in at most 15 evaluations of the plant", figures, needed.All(n => n <= MismatchCase.Evaluations));
            else
                report.Note($"Williams-Otto by the model without C, profit measured with deviation {noise} $/s: {figures}");
        }
    }

    private static void Fuel(Report report, int days)
    {
        var found = new (double Saved, double OffMinutes, double EmissionMinutes, int Moves, bool IsStopped)[days];
        Parallel.For(0, days, seed =>
        {
            var (plant, left) = (new CrudeUnit(seed), new CrudeUnit(seed));
            var saving = new FuelSaving(plant, seed);
            saving.Run(TimeSpan.FromHours(24));
            left.Advance(TimeSpan.FromHours(24));
            var (used, usual) = (plant.Kpi("fuel used"), left.Kpi("fuel used"));
            saving.Run(TimeSpan.FromHours(6));
            left.Advance(TimeSpan.FromHours(6));
            found[seed] = (1 - (plant.Kpi("fuel used") - used) / (left.Kpi("fuel used") - usual), plant.Kpi("off-specification minutes"), plant.Kpi("emission minutes"), saving.Optimizer.Moves, saving.Optimizer.StopReason is not null);
        });
        var saved = found.Select(one => one.Saved).Order().ToArray();
        var (off, emission) = (found.Sum(one => one.OffMinutes), found.Sum(one => one.EmissionMinutes));
        report.Verdict($"refinery, simulated: at least 20 % fuel within 30 moves, no minute off specification or above an emission limit in {days:N0} seeded days",
            $"in the six hours after the day, against the same unit left alone: mean {saved.Average():P2}, median {saved[days / 2]:P2}, least {saved[0]:P2}, {saved.Count(one => one >= 0.2)} days at least 20 %; {off} minutes off specification, {emission} minutes of emission; at most {found.Max(one => one.Moves)} moves; {found.Count(one => one.IsStopped)} days stopped by the monitor",
            saved.Average() >= 0.2 && off == 0 && emission == 0 && found.All(one => one.Moves <= 30));
    }
}
