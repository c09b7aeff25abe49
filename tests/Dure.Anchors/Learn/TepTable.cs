using Dure.Learn;
using Xunit;

namespace Dure.Anchors.Learn;

/// <summary>Missed detection on the Tennessee Eastman process at 99 % limits, trained on the 500 normal rows only; by statistic and by fault.</summary>
public sealed class TepTable(ITestOutputHelper output)
{
    private static readonly Lazy<double[]> Training = new(TepFiles.Training);
    private static readonly Lazy<double[]> Normal = new(() => TepFiles.Test(0));
    private static readonly Lazy<Dictionary<int, double[]>> Faulty = new(() => TepFiles.Faults.ToDictionary(f => f, TepFiles.Test));

    // Measured elsewhere with 11 components and limits at the 99 % quantile of the normal test run.
    private static readonly Dictionary<int, (double T2, double Spe)> Known = new()
    {
        [1] = (.007, .002), [2] = (.020, .014), [4] = (.943, .034), [5] = (.771, .742), [7] = (.064, .000), [8] = (.034, .024), [11] = (.770, .346), [13] = (.060, .045),
    };

    [Fact]
    public void Plain_pca_repeats_the_known_table()
    {
        var monitor = Pca();
        var normal = monitor.Score(Normal.Value).Select(scores => LinearQuantile(scores, 0.99)).ToArray();
        foreach (var (fault, known) in Known)
        {
            var missed = monitor.Score(Faulty.Value[fault]).Select((scores, i) => 1 - Alarms(scores.Skip(TepFiles.FaultFree).Select(s => s / normal[i]))).ToArray();
            output.WriteLine($"fault {fault,2}: T2 {missed[0]:0.000} known {known.T2:0.000}, SPE {missed[1]:0.000} known {known.Spe:0.000}");
            Assert.Equal(known.T2, missed[0], 0.0015);
            Assert.Equal(known.Spe, missed[1], 0.0015);
        }
    }

    [Fact]
    public void Canonical_variates_miss_less_of_faults_4_5_and_11_than_pca_at_an_honest_false_alarm_rate()
    {
        var monitor = new CanonicalVariates().FitMonitor(Training.Value, TepFiles.Columns, TestContext.Current.CancellationToken);
        Print("pca, 11 components, limits of d00_te", Pca().WithLimitsFrom(Normal.Value));
        Print("pca, 11 components, limits of d00 left out", Pca());
        Print("dynamic pca, limits of d00 left out", new DynamicPca().FitMonitor(Training.Value, TepFiles.Columns, TestContext.Current.CancellationToken));
        Print("cva, limits of d00 left out", monitor);
        var missed = Missed(monitor)["alarm"];
        Assert.All([4, 5, 11], fault => Assert.True(missed[fault] < Math.Min(Known[fault].T2, Known[fault].Spe), $"fault {fault}: {missed[fault]:0.000}"));
        var before = Faulty.Value.Values.Average(rows => FalseAlarms(monitor, rows[..(TepFiles.FaultFree * TepFiles.Columns)]));
        output.WriteLine($"false alarms of cva: all 960 rows of d00_te {FalseAlarms(monitor, Normal.Value):P2}, the rows before the faults {before:P2}");
        Assert.InRange(FalseAlarms(monitor, Normal.Value), 0.005, 0.02);
    }

    // The limits come from one half of the normal test run, the false alarms from the other: neither fitted nor set a limit with them.
    [Fact]
    public void Limits_from_half_of_a_normal_run_hold_on_the_other_half()
    {
        var fitted = new CanonicalVariates().FitMonitor(Training.Value, TepFiles.Columns, TestContext.Current.CancellationToken);
        var half = Normal.Value.Length / 2;
        double[] first = Normal.Value[..half], second = Normal.Value[half..];
        var (one, other) = (fitted.WithLimitsFrom(first), fitted.WithLimitsFrom(second));
        Print("cva, limits of d00_te rows 0-479", one);
        Print("cva, limits of d00_te rows 480-959", other);
        var (later, earlier) = (FalseAlarms(one, second), FalseAlarms(other, first));
        output.WriteLine($"false alarms: rows 480-959 {later:P2}, rows 0-479 {earlier:P2}, together {(later + earlier) / 2:P2}");
        Assert.InRange((later + earlier) / 2, 0.005, 0.02);
        Assert.All([4, 5, 11], fault => Assert.True(Math.Max(Missed(one)["alarm"][fault], Missed(other)["alarm"][fault]) < Math.Min(Known[fault].T2, Known[fault].Spe)));
    }

    // Between the two nearest values, as the known table was made.
    private static double LinearQuantile(double[] values, double share)
    {
        var (sorted, place) = (values.Order().ToArray(), share * (values.Length - 1));
        var below = (int)place;
        return sorted[below] + (place - below) * (sorted[below + 1] - sorted[below]);
    }

    private static SubspaceMonitor Pca() => new DynamicPca { Lags = 0, Components = 11 }.FitMonitor(Training.Value, TepFiles.Columns, TestContext.Current.CancellationToken);

    private static double FalseAlarms(SubspaceMonitor monitor, double[] rows) => Alarms(monitor.JointScore(rows));

    private static double Alarms(IEnumerable<double> scores) => scores.Where(s => !double.IsNaN(s)).Average(s => s > 1 ? 1.0 : 0);

    private static Dictionary<string, Dictionary<int, double>> Missed(SubspaceMonitor monitor)
    {
        var missed = monitor.Statistics.Select(s => s.Name).Append("alarm").ToDictionary(name => name, _ => new Dictionary<int, double>());
        foreach (var (fault, rows) in Faulty.Value)
            foreach (var (name, scores) in Scores(monitor, rows))
                missed[name][fault] = 1 - Alarms(scores.Skip(TepFiles.FaultFree));
        return missed;
    }

    private static IEnumerable<(string Name, double[] Scores)> Scores(SubspaceMonitor monitor, double[] rows) =>
        [.. monitor.Statistics.Select(s => s.Name).Zip(monitor.Score(rows)), ("alarm", monitor.JointScore(rows))];

    private void Print(string title, SubspaceMonitor monitor)
    {
        output.WriteLine(title);
        var normal = Scores(monitor, Normal.Value).ToDictionary(s => s.Name, s => Alarms(s.Scores));
        foreach (var (name, byFault) in Missed(monitor))
            output.WriteLine($"  {name,-6} FAR {100 * normal[name],5:0.00} %  missed {string.Join("  ", byFault.Select(f => $"{f.Key}: {f.Value:0.000}"))}");
    }
}
