namespace Dure.Optimize.Designs.Analysis;

/// <summary>What is expected of a run.</summary>
/// <param name="Low">Of the interval of the mean.</param>
/// <param name="RunLow">Of the interval of one more run.</param>
public readonly record struct Prediction(double Mean, double Low, double High, double RunLow, double RunHigh);

/// <summary>A fitted model that can be asked for the response at settings.</summary>
public interface IFittedSurface
{
    DesignModel? Model { get; }

    IReadOnlyList<Coefficient> Coefficients { get; }

    /// <summary>The response expected at coded settings.</summary>
    Prediction Predict(ReadOnlySpan<double> coded);
}
