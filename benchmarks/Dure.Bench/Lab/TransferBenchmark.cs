using Dure.Optimize.Campaigns;

namespace Dure.Bench.Lab;

/// <summary>
/// How many trials a campaign needs until its first row of the best hundredth (N1) if it may read an earlier one of 60 trials (half drawn at random, half
/// by the plain rule), over the same rule without. The guard is held to earlier campaigns made to mislead: with the sign turned, with the values shuffled,
/// with the levels of every input exchanged. The rule was chosen on the first seven pairs. The others judge it; a first look at them, with no limit on
/// proposals that bring no new best, led to that limit, whose size was set on the first seven.
/// </summary>
internal static class TransferBenchmark
{
    private const int EarlierTrials = 60, EarlierCampaigns = 10, Budget = 100;

    private static readonly TransferSide[][] Chosen =
    [
        [new("buchwald_a", "yield"), new("buchwald_b", "yield")],
        [new("suzuki_edbo", "yield", 1, "electrophile", 0), new("suzuki_edbo", "yield", 1, "electrophile", 1)],
        [new("suzuki_edbo", "yield", 1, "nucleophile", 0), new("suzuki_edbo", "yield", 1, "nucleophile", 1)],
        [new("direct_arylation", "yield", 1, "temp_c", 0), new("direct_arylation", "yield", 1, "temp_c", 1)],
        [new("lnp3", "drug_loading"), new("lnp3", "encap_efficiency")],
        [new("crossed_barrel", "toughness", 1, "t", 0), new("crossed_barrel", "toughness", 1, "t", 1)],
        [new("direct_arylation", "yield", 1, "base", 0), new("direct_arylation", "yield", 1, "base", 1)],
    ];

    private static readonly TransferSide[][] Judged =
    [
        [new("buchwald_b", "yield"), new("buchwald_a", "yield")],
        [new("suzuki_i", "yield"), new("suzuki_ii", "yield")],
        [new("suzuki_ii", "yield"), new("suzuki_i", "yield")],
        [new("suzuki_edbo", "yield", 1, "electrophile", 2), new("suzuki_edbo", "yield", 1, "electrophile", 3)],
        [new("suzuki_edbo", "yield", 1, "electrophile", 3), new("suzuki_edbo", "yield", 1, "electrophile", 2)],
        [new("suzuki_edbo", "yield", 1, "nucleophile", 1), new("suzuki_edbo", "yield", 1, "nucleophile", 2)],
        [new("direct_arylation", "yield", 1, "concentration", 0), new("direct_arylation", "yield", 1, "concentration", 2)],
        [new("direct_arylation", "yield", 1, "temp_c", 2), new("direct_arylation", "yield", 1, "temp_c", 1)],
        [new("direct_arylation", "yield", 1, "base", 2), new("direct_arylation", "yield", 1, "base", 3)],
        [new("lnp3", "particle_diameter", -1), new("lnp3", "encap_efficiency")],
        [new("lnp3", "encap_efficiency"), new("lnp3", "drug_loading")],
        [new("crossed_barrel", "toughness", 1, "n", 0), new("crossed_barrel", "toughness", 1, "n", 2)],
        [new("crossed_barrel", "toughness", 1, "t", 2), new("crossed_barrel", "toughness", 1, "t", 1)],
        [new("crossed_barrel", "toughness", 1, "n", 3), new("crossed_barrel", "toughness", 1, "n", 1)],
    ];

    private static readonly string[] Misleading = ["sign turned", "values shuffled", "levels exchanged"];

    public static Task Run(Report report, string folder, bool isQuick, string? only)
    {
        var seeds = isQuick ? 8 : 40;
        if (only is null or "chosen")
            Pairs(report, "pairs the rule was chosen on", Chosen, folder, seeds, isGoal: false);
        if (only is null or "judged")
            Pairs(report, "other pairs", Judged, folder, seeds, isGoal: true);
        return Task.CompletedTask;
    }

    private static void Pairs(Report report, string title, TransferSide[][] pairs, string folder, int seeds, bool isGoal)
    {
        var (related, misled, later) = (new List<double>(), new List<double>(), double.NegativeInfinity);
        foreach (var sides in pairs)
        {
            var pair = TransferPair.Load(folder, sides[0], sides[1]);
            var campaigns = Earlier(pair.Earlier);
            var cold = Trials(pair.New, [], seeds);
            var text = $"{title}: {pair.Name} ({pair.New.Values.Length} rows): without {cold.Average():0.0}";
            foreach (var kind in new[] { "related" }.Concat(Misleading))
            {
                var warm = Trials(pair.New, Array.ConvertAll(campaigns, rows => Read(pair.Earlier, rows, kind)), seeds);
                var (ratio, low, high) = Ratio(cold, warm);
                (kind == "related" ? related : misled).Add(ratio);
                later = Math.Max(later, warm.Average() - cold.Average());
                text += $"; {kind} {warm.Average():0.0}, {ratio:0.00} times fewer ({low:0.00} to {high:0.00})";
            }
            report.Note(text);
        }
        report.Note($"{title}: mean {related.Average():0.00}, geometric mean {Math.Exp(related.Average(Math.Log)):0.00}, least {related.Min():0.00}, least of the misleading {misled.Min():0.00}; at most {later:0.0} trials later than without");
        if (!isGoal)
            return;
        report.Bounded($"times fewer trials until the top 1 % with an earlier campaign of {EarlierTrials} trials, mean over {related.Count} pairs, {seeds} seeds", related.Average(), "times", 3, higherIsBetter: true);
        report.Bounded("trials over those without, on the worst of these pairs", 1 / related.Min(), "times", 1.1);
        report.Bounded("trials over those without, the worst of all misleading campaigns", 1 / misled.Min(), "times", 1.1);
    }

    /// <summary>Earlier campaigns' rows: half drawn, half by the plain rule after them.</summary>
    private static int[][] Earlier(TransferRows rows)
    {
        var campaigns = new int[EarlierCampaigns][];
        Parallel.For(0, EarlierCampaigns, campaign =>
        {
            var drawn = Enumerable.Range(0, rows.Values.Length).ToArray();
            new Random(7000 + campaign).Shuffle(drawn);
            var some = drawn[..Math.Min(EarlierTrials / 2, drawn.Length / 2)];
            var (planner, trials, tried) = (new TrialPlanner(rows.Problem), new List<CampaignTrial>(), new HashSet<int>(some));
            while (tried.Count < Math.Min(EarlierTrials, rows.Values.Length) && planner.Suggest(trials, 1, 7000 + campaign) is [var next])
            {
                trials.Add(rows.Made(next));
                tried.Add(rows.RowOf(next.Point));
            }
            campaigns[campaign] = [.. tried];
        });
        return campaigns;
    }

    private static EarlierCampaign Read(TransferRows rows, int[] campaign, string kind)
    {
        double[] values = [.. campaign.Select(row => rows.Values[row])];
        var points = Array.ConvertAll(campaign, row => rows.Points[row]);
        if (kind == "sign turned")
            values = Array.ConvertAll(values, value => -value);
        else if (kind == "values shuffled")
            new Random(campaign[0]).Shuffle(values);
        else if (kind == "levels exchanged")
            points = Exchanged(rows.Points, points, campaign[0]);
        return new EarlierCampaign(kind, points, values);
    }

    private static double[][] Exchanged(double[][] all, double[][] some, int seed)
    {
        var random = new Random(seed);
        var other = new Dictionary<double, double>[all[0].Length];
        for (var factor = 0; factor < other.Length; factor++)
        {
            var levels = all.Select(point => point[factor]).Distinct().ToArray();
            double[] mixed = [.. levels];
            random.Shuffle(mixed);
            other[factor] = levels.Zip(mixed).ToDictionary(pair => pair.First, pair => pair.Second);
        }
        return Array.ConvertAll(some, point => point.Select((at, factor) => other[factor][at]).ToArray());
    }

    /// <summary>For each seed the trials until the first row of the top hundredth; the budget and one where none is found.</summary>
    private static double[] Trials(TransferRows rows, EarlierCampaign[] campaigns, int seeds)
    {
        var counts = new double[seeds];
        var bar = rows.Bar;
        TrialPlanner[] planners = campaigns.Length == 0 ? [new TrialPlanner(rows.Problem)] : Array.ConvertAll(campaigns, campaign => new TrialPlanner(rows.Problem, null, [campaign]));
        Parallel.For(0, seeds, seed =>
        {
            var (planner, trials) = (planners[seed % planners.Length], new List<CampaignTrial>());
            counts[seed] = Budget + 1;
            while (trials.Count < Budget && planner.Suggest(trials, 1, 1000 + seed) is [var next])
            {
                trials.Add(rows.Made(next));
                if (trials[^1].Values[0] < bar)
                    continue;
                counts[seed] = trials.Count;
                break;
            }
        });
        return counts;
    }

    /// <summary>Mean over mean, with a bootstrap interval of 95 % over seeds, paired.</summary>
    private static (double Ratio, double Low, double High) Ratio(double[] over, double[] under)
    {
        var (random, drawn) = (new Random(1), new double[2000]);
        for (var i = 0; i < drawn.Length; i++)
        {
            var (a, b) = (0.0, 0.0);
            for (var j = 0; j < over.Length; j++)
            {
                var seed = random.Next(over.Length);
                (a, b) = (a + over[seed], b + under[seed]);
            }
            drawn[i] = a / b;
        }
        Array.Sort(drawn);
        return (over.Average() / under.Average(), drawn[(int)(0.025 * drawn.Length)], drawn[(int)(0.975 * drawn.Length)]);
    }
}
