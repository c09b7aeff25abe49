namespace Dure.Optimize.SetPoints;

/// <summary>How set-points are explored. None of these touches what is certified, but <see cref="DeviationsInsteadOfSlopes"/>.</summary>
public sealed record SafeExplorerOptions
{
    public int Seed { get; init; }

    /// <summary>Standard deviation of the objective's noise, in its unit.</summary>
    public double ObjectiveNoise { get; init; }

    /// <summary>What a model says of the plant: its guess is where the search begins, never what is relied upon.</summary>
    public SteadyStateModel? Model { get; init; }

    /// <summary>How many moves are planned: with the first of them ways are opened, with the last what they lead to is gathered. More may be asked for.</summary>
    public int Moves { get; init; } = 25;

    /// <summary>Set-points looked at for each move.</summary>
    public int Candidates { get; init; } = 256;

    /// <summary>Whether also the straight way to the next set-points must be certified, for plants that linger on it.</summary>
    public bool CertifiesPath { get; init; } = true;

    /// <summary>
    /// Instead of slope bounds: a point counts as safe when the Gaussian process' mean and so many deviations keep to every limit. A weaker promise: it
    /// holds with the stated probability only as far as the process with its fitted lengths is true, which nobody can check beforehand. Null: not used.
    /// </summary>
    public double? DeviationsInsteadOfSlopes { get; init; }
}
