using Dure.Kernel;

namespace Dure.Learn.Federation;

/// <summary>One site's parameters after its own training.</summary>
/// <param name="Rows">How many rows it learnt from: its weight.</param>
public sealed record SiteParameters(string Site, double[] Parameters, long Rows);

/// <summary>What came of a round of averaging.</summary>
/// <param name="Bounded">Sites whose step was longer than allowed and was made shorter.</param>
public sealed record AveragingRound(double[] Parameters, IReadOnlyList<string> Bounded);

/// <summary>
/// Rounds of federated averaging (McMahan et al. 2017): sites train from common parameters, the mean by rows is the next start. No site's step may
/// be longer than a bound, so that one that is mistaken, or lies, moves the whole by no more than its share of that.
/// </summary>
public static class ModelAveraging
{
    private const int FineBits = 61;

    /// <param name="stepBound">The longest step a site may make, as the Euclidean length over all parameters.</param>
    /// <param name="masked">Adds steps so that nobody sees a single site's; null: openly. Each site bounds its own step before it is masked.</param>
    /// <exception cref="ProblemException">Sites are too few or too small, or their parameters do not fit.</exception>
    public static AveragingRound Average(double[] before, IReadOnlyList<SiteParameters> sites, double stepBound, FederationOptions federation, SecureSum? masked = null)
    {
        Check(before, sites, stepBound, federation);
        var (total, bounded) = (sites.Sum(site => site.Rows), new List<string>());
        // No weighted sum of steps is longer than the bound, so whole steps of this size have room in 63 bits.
        var steps = Math.ScaleB(1, FineBits - (Math.ILogB(stepBound) + 1));
        var sums = new SiteSums(masked).Of([.. sites.Select(site =>
        {
            var step = site.Parameters.Select((value, i) => value - before[i]).ToArray();
            var length = Math.Sqrt(step.Sum(one => one * one));
            var share = (double)site.Rows / total * (length > stepBound ? stepBound / length : 1);
            if (length > stepBound)
                bounded.Add(site.Site);
            return Array.ConvertAll(step, one => (long)(one * share * steps));
        })]);
        return new([.. before.Select((value, i) => value + sums[i] / steps)], bounded);
    }

    /// <summary>
    /// Adds what keeps a site near the common parameters while it trains: the gradient of mu / 2 times the squared distance (FedProx, Li et al. 2020).
    /// </summary>
    public static void AddProximal(ReadOnlySpan<double> parameters, ReadOnlySpan<double> common, double mu, Span<double> gradients)
    {
        for (var i = 0; i < gradients.Length; i++)
            gradients[i] += mu * (parameters[i] - common[i]);
    }

    private static void Check(double[] before, IReadOnlyList<SiteParameters> sites, double stepBound, FederationOptions federation)
    {
        if (sites.Count < federation.LeastSites)
            throw Bad($"There are {sites.Count} sites; {federation.LeastSites} are needed.", "federation", "Let more sites take part.");
        if (!(stepBound > 0) || !double.IsFinite(stepBound))
            throw Bad($"The bound of a step is {stepBound}.", "step bound", "Give a length above 0.");
        foreach (var site in sites)
            if (site.Rows < federation.LeastRows || site.Parameters.Length != before.Length || !Array.TrueForAll(site.Parameters, double.IsFinite))
                throw Bad(site.Rows < federation.LeastRows ? $"It has {site.Rows} rows; {federation.LeastRows} are needed." : "Its parameters are of another number than the common ones, or one is no number.",
                    $"site '{site.Site}'", "Leave it out of this round.");
    }

    private static ProblemException Bad(string what, string where, string mend) => new("urn:dure:learn:federation", what, where, mend);
}
