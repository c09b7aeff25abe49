namespace Dure.Learn.Learners;

/// <summary>In what the parts of a prediction add up.</summary>
public enum PartsScale
{
    /// <summary>In the prediction itself: the unit of the target, or a probability.</summary>
    Prediction,

    /// <summary>In the natural logarithm of the prediction: 0.69 more doubles it.</summary>
    Logarithm,

    /// <summary>In the natural logarithm of a class's odds (of several classes in its score before all are made to sum to 1): 0.69 more doubles the odds.</summary>
    LogOdds,
}

/// <summary>What each column adds to a row's prediction, exactly.</summary>
/// <param name="Usual">For each output what is said when nothing is known of the row.</param>
/// <param name="Parts">Output by output what each column adds; with the usual they sum to the output, in the scale.</param>
public sealed record ExactParts(PartsScale Scale, double[] Usual, double[] Parts);
