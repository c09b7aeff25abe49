namespace Dure.Learn.Evaluation;

/// <summary>Which class was true and which was said, counted by weight.</summary>
/// <param name="Counts">First the true class, then the one that was said.</param>
public sealed record Confusion(double[,] Counts)
{
    public int Classes => Counts.GetLength(0);

    public double Total => Enumerable.Range(0, Classes).Sum(True);

    public double Accuracy => Enumerable.Range(0, Classes).Sum(one => Counts[one, one]) / Total;

    /// <summary>Mean F1 of the classes that are true or said of some row.</summary>
    public double MacroF1 => Average(one => True(one) + Said(one) > 0, F1);

    /// <summary>Mean recall of the classes that are true of some row.</summary>
    public double BalancedAccuracy => Average(one => True(one) > 0, Recall);

    /// <summary>Correlation of truth and answer (Gorodkin 2004, eq. 8); 0 where one side never changes.</summary>
    public double Mcc
    {
        get
        {
            var total = Total;
            var (right, both, truths, answers) = (0.0, 0.0, 0.0, 0.0);
            for (var one = 0; one < Classes; one++)
            {
                right += Counts[one, one];
                both += True(one) * Said(one);
                truths += True(one) * True(one);
                answers += Said(one) * Said(one);
            }
            var spread = Math.Sqrt((total * total - truths) * (total * total - answers));
            return spread > 0 ? (right * total - both) / spread : 0;
        }
    }

    public static Confusion Of(JudgedRows rows) => Of(rows, rows.OwnWeights());

    /// <summary>Of the rows said to be of a class the share that is; 0 where none was said to be.</summary>
    public double Precision(int one) => Said(one) > 0 ? Counts[one, one] / Said(one) : 0;

    /// <summary>Of the rows of a class the share that was said to be; NaN where there are none.</summary>
    public double Recall(int one) => Counts[one, one] / True(one);

    public double F1(int one) => True(one) + Said(one) > 0 ? 2 * Counts[one, one] / (True(one) + Said(one)) : 0;

    /// <summary>Weight of the rows of a class.</summary>
    public double True(int one) => Enumerable.Range(0, Classes).Sum(other => Counts[one, other]);

    internal static Confusion Of(JudgedRows rows, double[] weights)
    {
        var counts = new double[rows.Task.Classes.Count, rows.Task.Classes.Count];
        for (var row = 0; row < weights.Length; row++)
            counts[(int)rows.Truth[row], rows.Said(row)] += weights[row];
        return new(counts);
    }

    private double Said(int one) => Enumerable.Range(0, Classes).Sum(other => Counts[other, one]);

    private double Average(Func<int, bool> counts, Func<int, double> of) => Enumerable.Range(0, Classes).Where(counts).Select(of).DefaultIfEmpty(double.NaN).Average();
}
