using Dure.Optimize.Gaussian;
using Dure.Optimize.Numerics;

namespace Dure.Optimize.Surrogates;

/// <summary>How a surrogate is fitted.</summary>
public sealed record SurrogateOptions
{
    public Covariance Covariance { get; init; } = Covariance.Matern52;

    /// <summary>Whether factors may explain a part of the variance one by one; without, the model is the default one of BoTorch 0.12.</summary>
    public bool IsBlended { get; init; } = true;

    /// <summary>Starts of the search for parameters.</summary>
    public int Starts { get; init; } = 1;

    public int MostSteps { get; init; } = 60;

    public SurrogatePriors Priors { get; init; } = new();
}

/// <summary>
/// A Gaussian process over the trials of a campaign, for the few dozens to few hundreds of dear trials that there are. Values are standardised within;
/// what it says is in their unit, without the noise. Immutable; may be asked by many threads at once.
/// </summary>
public sealed class ProcessSurrogate : ISurrogate
{
    private const double Jitter = 1e-8;

    private readonly TrialTable trials;
    private readonly Covariance kind;
    private readonly BlendedKernel kernel;
    private readonly KernelPosterior posterior;
    private readonly double[] standard;
    private readonly double[]? known;

    private ProcessSurrogate(TrialTable trials, double[] standard, double[]? known, (double Offset, double Scale) unit, SurrogateParameters parameters, Covariance kind, Cholesky? extended = null)
    {
        (this.trials, this.standard, this.known, this.kind, Parameters, Offset, Scale) = (trials, standard, known, kind, parameters, unit.Offset, unit.Scale);
        kernel = new BlendedKernel(kind, trials.Coding, parameters);
        var factor = extended ?? Factored();
        var weights = Array.ConvertAll(standard, value => value - parameters.Mean);
        factor.Solve(weights);
        posterior = new KernelPosterior(kernel, trials, factor, weights);
    }

    public SurrogateParameters Parameters { get; }

    /// <summary>The mean of the values.</summary>
    public double Offset { get; }

    /// <summary>The deviation of the values.</summary>
    public double Scale { get; }

    public int Trials => trials.Count;

    public bool HasSlopes => true;

    internal TrialTable Table => trials;

    internal ReadOnlySpan<double> Standard => standard;

    internal Covariance Kind => kind;

    internal Cholesky Factor => posterior.Factor;

    /// <summary>Deviation of the noise, in the unit of the values.</summary>
    public double Noise => Scale * Math.Sqrt(Parameters.Noise);

    /// <summary>Fits a surrogate to some trials.</summary>
    /// <param name="values">One for each row, finite.</param>
    /// <param name="deviations">How far each value is off by noise known of it alone, in its unit; null: all alike.</param>
    /// <param name="before">Parameters of an earlier fit to begin at; null: the most probable ones before any trial.</param>
    public static ProcessSurrogate Fit(TrialTable trials, ReadOnlySpan<double> values, SurrogateOptions options, double[]? deviations = null, SurrogateParameters? before = null, CancellationToken cancel = default)
    {
        ArgumentOutOfRangeException.ThrowIfZero(values.Length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, trials.Count);
        var unit = Unit(values);
        var standard = new double[values.Length];
        for (var i = 0; i < standard.Length; i++)
            standard[i] = double.IsFinite(values[i]) ? (values[i] - unit.Offset) / unit.Scale : throw new ArgumentException("A value is no number; leave failed trials out.", nameof(values));
        var known = deviations is null ? null : Array.ConvertAll(deviations, deviation => deviation * deviation / unit.Scale / unit.Scale);
        var likelihood = new TrialLikelihood(trials, standard, known, options.Covariance, options.Priors, options.IsBlended);
        Minimum? best = null;
        foreach (var start in Starts(trials.Coding.Factors, options, before))
        {
            var found = Lbfgs.Minimize(likelihood.Of, start.Free(options.IsBlended), null, options.MostSteps, 1e-3, cancel);
            if (double.IsFinite(found.Value) && (best is null || found.Value < best.Value))
                best = found;
        }
        var parameters = best is null ? Usual(trials.Coding.Factors, options) : SurrogateParameters.OfFree(best.At, trials.Coding.Factors, options.IsBlended);
        return new ProcessSurrogate(trials, standard, known, unit, parameters, options.Covariance);
    }

    /// <summary>A surrogate with given parameters.</summary>
    internal static ProcessSurrogate With(SurrogateParameters parameters, TrialTable trials, ReadOnlySpan<double> values, Covariance kind, (double Offset, double Scale)? inUnit = null)
    {
        var unit = inUnit ?? Unit(values);
        var standard = new double[values.Length];
        for (var i = 0; i < standard.Length; i++)
            standard[i] = (values[i] - unit.Offset) / unit.Scale;
        return new ProcessSurrogate(trials, standard, null, unit, parameters, kind);
    }

    public void Predict(TrialTable points, Span<double> means, Span<double> variances)
    {
        posterior.Predict(points, means, variances);
        for (var i = 0; i < points.Count; i++)
            (means[i], variances[i]) = (Offset + Scale * (Parameters.Mean + means[i]), Scale * Scale * variances[i]);
    }

    public Belief At(ReadOnlySpan<double> point, Span<double> meanSlopes, Span<double> varianceSlopes)
    {
        var belief = posterior.At(point, meanSlopes, varianceSlopes);
        for (var column = 0; column < point.Length; column++)
            (meanSlopes[column], varianceSlopes[column]) = (Scale * meanSlopes[column], Scale * Scale * varianceSlopes[column]);
        return new Belief(Offset + Scale * (Parameters.Mean + belief.Mean), Scale * Scale * belief.Variance);
    }

    /// <summary>The surrogate had one more trial brought a value, parameters as they are: for trials under way, believed to come out as expected.</summary>
    public ISurrogate With(ReadOnlySpan<double> point, double value)
    {
        var more = trials.Rows([.. Enumerable.Range(0, trials.Count)]);
        more.Add(point);
        var column = new double[trials.Count];
        for (var i = 0; i < column.Length; i++)
            column[i] = kernel.At(more, column.Length, trials, i);
        double[] values = [.. standard, (value - Offset) / Scale];
        double[]? noises = known is null ? null : [.. known, 0];
        return new ProcessSurrogate(more, values, noises, (Offset, Scale), Parameters, kind, posterior.Factor.TryExtend(column, 1 + Parameters.Noise + Jitter));
    }

    /// <summary>
    /// What the surrogate would say of each trial had it not been made, parameters as they are; the noise is part of the variance. Rasmussen and
    /// Williams (2006), eq. 5.12.
    /// </summary>
    public Belief[] LeaveOneOut()
    {
        var inverse = posterior.Factor.Inverse(1);
        var left = new Belief[standard.Length];
        for (var i = 0; i < left.Length; i++)
        {
            var own = inverse[i * left.Length + i];
            left[i] = new Belief(Offset + Scale * (standard[i] - posterior.Weights[i] / own), Scale * Scale / own);
        }
        return left;
    }

    /// <summary>How probable the values are under the parameters, as a logarithm; and that with the density of the parameters themselves.</summary>
    internal (double Likelihood, double Posterior) LogProbability(SurrogatePriors priors)
    {
        var likelihood = new TrialLikelihood(trials, standard, known, kind, priors, Parameters.AdditiveShare > 0);
        var fit = likelihood.Of(Parameters);
        return (-fit, -fit - likelihood.Prior(Parameters));
    }

    private Cholesky Factored()
    {
        var count = trials.Count;
        for (var jitter = Jitter; ; jitter *= 10)
        {
            var matrix = kernel.Matrix(trials);
            for (var i = 0; i < count; i++)
                matrix[i * count + i] = 1 + Parameters.Noise + jitter + (known?[i] ?? 0);
            if (Cholesky.TryOf(matrix, count, 1) is { } made)
                return made;
            if (jitter > 1)
                throw new ArithmeticException("The points' correlations are no numbers.");
        }
    }

    private static IEnumerable<SurrogateParameters> Starts(int factors, SurrogateOptions options, SurrogateParameters? before)
    {
        var usual = Usual(factors, options);
        if (before is not null)
            yield return before;
        if (before is null || options.Starts > 1)
            yield return usual;
        for (var start = 2; start <= options.Starts; start++) // longer and with more noise
            yield return usual with { Lengths = Array.ConvertAll(usual.Lengths, length => length * Math.Pow(3, start - 1)), Noise = start % 2 == 0 ? 0.3 : usual.Noise };
    }

    /// <summary>The most probable parameters before any trial, lengths a little above theirs: searches from very short ones stay there.</summary>
    private static SurrogateParameters Usual(int factors, SurrogateOptions options)
    {
        var priors = options.Priors;
        var length = Math.Max(0.05, Math.Exp(priors.LogLengthIn(factors) - priors.LogLengthSpread * priors.LogLengthSpread));
        var noise = Math.Max(2 * SurrogateParameters.LeastNoise, Math.Exp(priors.LogNoise - priors.LogNoiseSpread * priors.LogNoiseSpread));
        return new SurrogateParameters([.. Enumerable.Repeat(length, factors)], noise, 0, options.IsBlended ? 0.5 : 0);
    }

    private static (double Offset, double Scale) Unit(ReadOnlySpan<double> values)
    {
        var (sum, squares) = (0.0, 0.0);
        foreach (var value in values)
            sum += value;
        var mean = sum / values.Length;
        foreach (var value in values)
            squares += (value - mean) * (value - mean);
        var deviation = values.Length < 2 ? 0 : Math.Sqrt(squares / (values.Length - 1));
        return (mean, deviation > 1e-12 * Math.Max(1e-300, Math.Abs(mean)) ? deviation : 1);
    }
}
