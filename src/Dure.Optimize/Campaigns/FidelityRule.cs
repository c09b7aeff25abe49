using Dure.Optimize.Surrogates;

namespace Dure.Optimize.Campaigns;

/// <summary>
/// Two fidelities: a cheap trial (a simulator, a small batch) that goes together with the dear one which counts. The dear outcome's surrogate reads the
/// cheap trials as an earlier campaign (Kennedy and O'Hagan 2000: the dear one is a multiple of the cheap one and something of its own); a trial is made
/// cheaply first where that lessens the doubt about the dear one more per cost.
/// </summary>
/// <remarks>Cheap trials whose trend leads to another minimum cost more than they bring: with those of Forrester et al. (2007) dear trials alone do better.</remarks>
public static class FidelityRule
{
    /// <summary>A cheap trial was made because it tells of the dear one; how much is learnt.</summary>
    private static readonly TransferOptions Together = new() { Degrees = [(0.995, 0.4), (0.95, 0.4), (0.8, 0.2)], Doubt = 0.05, LeastAloneWeight = 0.02, LeastSkill = double.NegativeInfinity };

    /// <summary>What is believed of the dear outcome by both kinds of trials.</summary>
    /// <param name="cheap">Fitted to the cheap trials, of the same coding.</param>
    /// <param name="values">One for each dear trial; none before the first.</param>
    public static TransferSurrogate Fit(ProcessSurrogate cheap, TrialTable trials, ReadOnlySpan<double> values, SurrogateOptions options, CancellationToken cancel = default) =>
        TransferSurrogate.Fit([cheap], trials, values, options, Together, cancel: cancel);

    /// <summary>Whether a point that promises most is tried cheaply first: where the variance it takes from the dear outcome there is greater per cost.</summary>
    /// <param name="dear">By <see cref="Fit"/>.</param>
    /// <param name="cheapCost">Of a cheap trial, above 0, in the unit of <paramref name="dearCost"/>.</param>
    public static bool IsCheapNext(ProcessSurrogate cheap, TransferSurrogate dear, ReadOnlySpan<double> point, double cheapCost, double dearCost)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(cheapCost);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dearCost);
        Span<double> slopes = stackalloc double[point.Length], others = stackalloc double[point.Length];
        var before = dear.At(point, slopes, others).Variance;
        var more = (ProcessSurrogate)cheap.With(point, cheap.At(point, slopes, others).Mean);
        var byCheap = before - dear.Reading([more]).At(point, slopes, others).Variance;
        var byDear = before * before / (before + dear.Noise * dear.Noise);
        return byCheap / cheapCost > byDear / dearCost;
    }
}
