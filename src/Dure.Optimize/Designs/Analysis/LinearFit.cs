using Dure.Kernel.Distributions;
using Dure.Optimize.Numerics;

namespace Dure.Optimize.Designs.Analysis;

/// <summary>What a column of the model contributes to the response.</summary>
/// <param name="Estimate">Change of the response, in its unit, for one coded step (the middle to the high setting).</param>
/// <param name="Freedom">Degrees of freedom of its error.</param>
/// <param name="P">The probability of an estimate at least as far from 0 by noise alone; NaN, with the error and the interval, where nothing is left to judge noise by.</param>
/// <param name="VarianceInflation">By how much the other columns widen its variance: 1 where they are at right angles.</param>
public sealed record Coefficient(string Name, double Estimate, double StandardError, double T, double P, double Low, double High, double Freedom, double VarianceInflation)
{
    /// <summary>The change of the response from the low to the high setting: twice the estimate.</summary>
    public double Effect => 2 * Estimate;
}

/// <summary>A row of the analysis of variance.</summary>
public sealed record VarianceRow(string Source, double SumOfSquares, int Freedom, double F, double P)
{
    public double MeanSquare => Freedom > 0 ? SumOfSquares / Freedom : double.NaN;
}

/// <summary>
/// A model fitted by least squares, with what tells whether to believe it. Montgomery (2017), ch. 10. Blocks of the table enter as fixed differences. A table with
/// whole plots is refused: its runs are not independent, see <see cref="SplitPlotFit"/>.
/// </summary>
public sealed class LinearFit : IFittedSurface
{
    private const string Where = "least squares";

    private readonly double[] matrix, residuals, leverages, fitted;
    private readonly double[][] triangle; // columns of R⁻¹
    private readonly int columns;
    private readonly double half;

    private LinearFit(double[] matrix, IReadOnlyList<string> names, ReadOnlySpan<double> responses, double level)
    {
        (this.matrix, columns, Runs, Level) = (matrix, names.Count, responses.Length, level);
        var qr = Decompose(matrix, names, Runs);
        var turned = qr.Turned(responses);
        var estimates = qr.Solve(responses);
        triangle = qr.InverseTriangle();
        Freedom = Runs - columns;
        (fitted, residuals, leverages) = (new double[Runs], new double[Runs], new double[Runs]);
        for (var run = 0; run < Runs; run++)
        {
            fitted[run] = Vectors.Dot(Row(run), estimates);
            residuals[run] = responses[run] - fitted[run];
            foreach (var column in triangle)
                leverages[run] += Square(Vectors.Dot(Row(run), column));
        }
        ResidualSumOfSquares = Freedom == 0 ? 0 : Vectors.Dot(turned.AsSpan(columns), turned.AsSpan(columns));
        ResidualDeviation = Math.Sqrt(ResidualSumOfSquares / Freedom);
        TotalSumOfSquares = Total(responses);
        for (var run = 0; run < Runs; run++)
            Press += Square(residuals[run] / (1 - leverages[run]));
        half = Freedom > 0 ? StudentT.Quantile(0.5 + level / 2, Freedom) : double.NaN;
        Coefficients = [.. names.Select((name, c) => Judge(name, estimates[c], c))];
        Estimates = estimates;
    }

    /// <summary>The model the fit is of; null for a bare matrix.</summary>
    public DesignModel? Model { get; private init; }

    public DesignTable? Table { get; private init; }

    public int Runs { get; }

    public double Level { get; }

    public IReadOnlyList<Coefficient> Coefficients { get; }

    /// <summary>Runs beyond the coefficients; 0: a saturated design, whose effects only a half-normal plot can judge.</summary>
    public int Freedom { get; }

    /// <summary>The standard deviation of the noise, in the response's unit; NaN for a saturated design.</summary>
    public double ResidualDeviation { get; }

    public double ResidualSumOfSquares { get; }

    public double TotalSumOfSquares { get; }

    /// <summary>The share of the response's variation that the model follows.</summary>
    public double RSquared => 1 - ResidualSumOfSquares / TotalSumOfSquares;

    /// <summary>The same, charged for each coefficient.</summary>
    public double AdjustedRSquared => 1 - ResidualSumOfSquares / Freedom / (TotalSumOfSquares / (Runs - 1));

    /// <summary>The sum of squared misses when each run is predicted by the others. Allen (1974). Infinite or NaN where a run alone fixes a coefficient.</summary>
    public double Press { get; }

    /// <summary>The share of variation that predictions of runs left out follow.</summary>
    public double PredictedRSquared => 1 - Press / TotalSumOfSquares;

    public IReadOnlyList<double> Fitted => fitted;

    public IReadOnlyList<double> Residuals => residuals;

    /// <summary>How much each run draws the fit to itself, from 0 to 1.</summary>
    public IReadOnlyList<double> Leverages => leverages;

    /// <summary>Residuals over their own standard error, judged by the noise without the run; beyond ±3 to 4 a run is suspect.</summary>
    public IReadOnlyList<double> StudentisedResiduals => [.. residuals.Select((e, run) =>
        e / Math.Sqrt((ResidualSumOfSquares - e * e / (1 - leverages[run])) / (Freedom - 1) * (1 - leverages[run])))];

    internal double[] Estimates { get; }

    /// <summary>Fits a model to the responses of a table's runs.</summary>
    /// <param name="responses">One for each run, in the table's order.</param>
    /// <param name="level">Of the intervals, such as 0.95.</param>
    public static LinearFit Of(DesignTable table, DesignModel model, ReadOnlySpan<double> responses, double level = 0.95)
    {
        if (table.HasWholePlots)
            throw DesignProblem.Of("whole-plots", "The table has whole plots, whose runs are not independent.", Where, "Use SplitPlotFit.");
        DesignProblem.CheckResponses(responses, table.Runs, Where);
        var (matrix, names) = WithBlocks(table, model);
        CheckShape(matrix, names.Count, responses, level);
        return new(matrix, names, responses, level) { Model = model, Table = table };
    }

    /// <summary>Fits a bare matrix, row by row; a constant, if wanted, is a column of it.</summary>
    public static LinearFit OfMatrix(double[] matrix, IReadOnlyList<string> names, ReadOnlySpan<double> responses, double level = 0.95)
    {
        DesignProblem.CheckResponses(responses, matrix.Length / Math.Max(1, names.Count), Where);
        CheckShape(matrix, names.Count, responses, level);
        return new((double[])matrix.Clone(), names, responses, level);
    }

    /// <summary>The response expected at coded settings, with the intervals of its mean and of one more run. Blocks count as their mean.</summary>
    public Prediction Predict(ReadOnlySpan<double> coded)
    {
        var row = new double[columns];
        if (Model is null)
            coded.CopyTo(row);
        else
            Model.Expand(coded, row.AsSpan(0, Model.Columns));
        var leverage = 0.0;
        foreach (var column in triangle)
            leverage += Square(Vectors.Dot(row, column));
        var mean = Vectors.Dot(row, Estimates);
        var (ofMean, ofRun) = (half * ResidualDeviation * Math.Sqrt(leverage), half * ResidualDeviation * Math.Sqrt(1 + leverage));
        return new(mean, mean - ofMean, mean + ofMean, mean - ofRun, mean + ofRun);
    }

    /// <summary>The analysis of variance: each term against the noise when all others stay, the residual and, where runs repeat each other, the lack of fit.</summary>
    public IReadOnlyList<VarianceRow> AnalysisOfVariance()
    {
        var rows = new List<VarianceRow>();
        if (Model is { } model)
        {
            for (var term = 0; term < model.Terms.Count; term++)
                if (!model.Terms[term].IsConstant)
                    rows.Add(Row(model.NameOf(model.Terms[term]), [.. Enumerable.Range(0, model.Columns).Where(c => model.TermOf(c) == term)]));
            if (columns > model.Columns)
                rows.Add(Row("blocks", [.. Enumerable.Range(model.Columns, columns - model.Columns)]));
        }
        rows.Add(new("residual", ResidualSumOfSquares, Freedom, double.NaN, double.NaN));
        if (Replicates() is { Freedom: > 0 } pure)
        {
            var (squares, freedom) = (Math.Max(0, ResidualSumOfSquares - pure.SumOfSquares), Freedom - pure.Freedom);
            var f = freedom > 0 ? squares / freedom / pure.MeanSquare : double.NaN;
            rows.Add(new("lack of fit", squares, freedom, f, FisherF.UpperTail(f, freedom, pure.Freedom)));
            rows.Add(pure);
        }
        return rows;
    }

    /// <summary>The covariances of the estimates over the noise's variance.</summary>
    internal double Covariance(int a, int b)
    {
        var sum = 0.0;
        foreach (var column in triangle)
            sum += column[a] * column[b];
        return sum;
    }

    private VarianceRow Row(string name, int[] term)
    {
        var covariance = new double[term.Length * term.Length];
        for (var a = 0; a < term.Length; a++)
            for (var b = 0; b < term.Length; b++)
                covariance[a * term.Length + b] = Covariance(term[a], term[b]);
        double[] estimates = [.. term.Select(c => Estimates[c])];
        var solved = (double[])estimates.Clone();
        Cholesky.TryOf(covariance, term.Length, 1)!.Solve(solved); // the fit would have refused dependent columns
        var squares = Vectors.Dot(estimates, solved);
        var f = squares / term.Length / Square(ResidualDeviation);
        return new(name, squares, term.Length, f, FisherF.UpperTail(f, term.Length, Freedom));
    }

    /// <summary>The noise seen between runs with the same settings in the same block.</summary>
    private VarianceRow Replicates()
    {
        var (squares, freedom) = (0.0, 0);
        var groups = Enumerable.Range(0, Runs).GroupBy(run => string.Join(' ', Row(run).ToArray().Select(x => Math.Round(x, 9) + 0.0)), StringComparer.Ordinal);
        foreach (var group in groups)
        {
            double[] values = [.. group.Select(run => fitted[run] + residuals[run])];
            var mean = values.Average();
            squares += values.Sum(v => Square(v - mean));
            freedom += values.Length - 1;
        }
        return new("pure error", squares, freedom, double.NaN, double.NaN);
    }

    private Coefficient Judge(string name, double estimate, int c)
    {
        var variance = Covariance(c, c);
        var error = ResidualDeviation * Math.Sqrt(variance);
        var t = estimate / error;
        return new(name, estimate, error, t, Freedom > 0 ? StudentT.TwoSided(t, Freedom) : double.NaN, estimate - half * error, estimate + half * error, Freedom, variance * Spread(c));
    }

    /// <summary>The sum of squares of a column around its mean; of the constant itself.</summary>
    private double Spread(int c)
    {
        var (sum, squares) = (0.0, 0.0);
        for (var run = 0; run < Runs; run++)
            (sum, squares) = (sum + matrix[run * columns + c], squares + Square(matrix[run * columns + c]));
        return squares - sum * sum / Runs is var around && around > 1e-9 * squares ? around : squares;
    }

    /// <summary>Around the mean where the columns can make a constant, else around 0.</summary>
    private double Total(ReadOnlySpan<double> responses)
    {
        var ones = new double[Runs];
        ones.AsSpan().Fill(1);
        var explained = 0.0;
        foreach (var column in triangle)
        {
            var along = 0.0;
            for (var run = 0; run < Runs; run++)
                along += Vectors.Dot(Row(run), column);
            explained += along * along / Runs;
        }
        var mean = explained > 1 - 1e-8 ? Vectors.Dot(ones, responses) / Runs : 0;
        var total = 0.0;
        foreach (var response in responses)
            total += Square(response - mean);
        return total;
    }

    private ReadOnlySpan<double> Row(int run) => matrix.AsSpan(run * columns, columns);

    private static double Square(double x) => x * x;

    /// <summary>The model's matrix with columns for the blocks, which sum to 0 over them.</summary>
    internal static (double[] Matrix, IReadOnlyList<string> Names) WithBlocks(DesignTable table, DesignModel model)
    {
        var (bare, added) = (model.Matrix(table), table.BlockCount - 1);
        if (added <= 0)
            return (bare, model.ColumnNames);
        var (columns, width) = (model.Columns, model.Columns + added);
        var matrix = new double[table.Runs * width];
        for (var run = 0; run < table.Runs; run++)
        {
            bare.AsSpan(run * columns, columns).CopyTo(matrix.AsSpan(run * width));
            for (var block = 0; block < added; block++)
                matrix[run * width + columns + block] = table.Block(run) == block ? 1 : table.Block(run) == added ? -1 : 0;
        }
        return (matrix, [.. model.ColumnNames, .. Enumerable.Range(1, added).Select(b => $"block {b}")]);
    }

    private static void CheckShape(double[] matrix, int columns, ReadOnlySpan<double> responses, double level)
    {
        if (!(level > 0 && level < 1))
            throw DesignProblem.Of("level", $"The level {level} is asked for.", Where, "Ask for a level between 0 and 1, such as 0.95.");
        if (responses.Length < columns)
            throw DesignProblem.Of("too-few-runs", $"{responses.Length} runs cannot tell {columns} coefficients.", Where, "Add runs, or leave out terms.");
        if (matrix.Any(x => !double.IsFinite(x)))
            throw DesignProblem.Of("table", "A setting is no number.", Where, "Mend the table.");
    }

    internal static HouseholderQr Decompose(double[] matrix, IReadOnlyList<string> names, int runs)
    {
        var qr = HouseholderQr.Of(matrix, names.Count);
        if (qr.FirstDependent is var dependent && dependent < 0)
            return qr;
        var of = qr.Dependence(dependent);
        var partners = string.Join(", ", names.Take(dependent).Where((_, c) => Math.Abs(of[c]) > 1e-6));
        throw DesignProblem.Of("singular", $"In these {runs} runs {names[dependent]} cannot be told apart from {(partners.Length > 0 ? partners : "nothing: it is 0 throughout")}.", Where, $"Leave out {names[dependent]} (DesignModel.Without), or add runs that part them.");
    }
}
