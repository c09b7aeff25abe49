using Dure.Optimize.Gaussian;

namespace Dure.Optimize.Surrogates;

/// <summary>What is believed of one outcome over a space, learnt from the trials so far. Immutable; may be asked by many threads at once.</summary>
public interface ISurrogate
{
    /// <summary>Trials it was learnt from.</summary>
    int Trials { get; }

    /// <summary>Deviation of the noise, in the unit of the values.</summary>
    double Noise { get; }

    /// <summary>Whether it knows how its answers change with the numbers of a point; otherwise slopes are 0.</summary>
    bool HasSlopes { get; }

    /// <summary>What is expected at each point of a table, and the variance of that, without the noise.</summary>
    void Predict(TrialTable points, Span<double> means, Span<double> variances);

    /// <summary>What is expected at a point, and how mean and variance change with each of its entries; 0 for codes.</summary>
    Belief At(ReadOnlySpan<double> point, Span<double> meanSlopes, Span<double> varianceSlopes);

    /// <summary>The same had one more trial brought a value: for trials under way, believed to come out as expected.</summary>
    ISurrogate With(ReadOnlySpan<double> point, double value);
}
