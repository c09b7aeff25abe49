using System.Globalization;
using Dure.Kernel;

namespace Dure.Learn.Trees;

/// <summary>The words for losses, in files and in recipes.</summary>
internal static class LossNames
{
    public static string NameOf(BoostingLoss loss) => loss switch
    {
        SquaredLoss => "squared",
        QuantileLoss => "quantile",
        HuberLoss => "huber",
        PoissonLoss => "poisson",
        TweedieLoss => "tweedie",
        LogisticLoss => "logistic",
        SoftmaxLoss => "classes",
        SharesLoss => "shares",
        RankingLoss => "ranking",
        _ => throw new NotSupportedException(loss.GetType().Name),
    };

    public static double? ParameterOf(BoostingLoss loss) => loss switch
    {
        QuantileLoss quantile => quantile.Share,
        HuberLoss huber => huber.Delta,
        TweedieLoss tweedie => tweedie.Power,
        SoftmaxLoss classes => classes.Count,
        SharesLoss shares => shares.Count,
        _ => null,
    };

    public static BoostingLoss? TryOf(string name, double? parameter) => (name, parameter) switch
    {
        ("squared", null) => BoostingLoss.Squared,
        ("absolute", null) => BoostingLoss.Absolute,
        ("quantile", { } share) => BoostingLoss.Quantile(share),
        ("huber", { } delta) => BoostingLoss.Huber(delta),
        ("poisson", null) => BoostingLoss.Poisson,
        ("tweedie", { } power) => BoostingLoss.Tweedie(power),
        ("logistic", null) => BoostingLoss.Logistic,
        ("classes", { } count) when count is >= 2 and <= 1000 => BoostingLoss.Classes((int)count),
        ("shares", { } count) when count is >= 1 and <= 1000 => new SharesLoss((int)count),
        ("ranking", null) => BoostingLoss.Ranking,
        _ => null,
    };

    /// <summary>A loss for numbers as a recipe says it, such as <c>squared</c> or <c>quantile:0.9</c>.</summary>
    /// <exception cref="ProblemException">There is no such loss.</exception>
    public static BoostingLoss ForNumbers(string text)
    {
        var parts = text.Split(':', 2);
        double? parameter = parts.Length == 2 && double.TryParse(parts[1], NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;
        return TryOf(parts[0], parameter) is { Outputs: 1 } loss and not (LogisticLoss or RankingLoss or SharesLoss) && (parts.Length == 1 || parameter is not null) ? loss
            : throw new ProblemException("urn:dure:learn:bad-option", $"There is no loss '{text}' for numbers.", "loss", "Say squared, absolute, huber:1.5, quantile:0.9, poisson or tweedie:1.5.");
    }
}
