namespace Dure.Optimize.Designs;

/// <summary>Where the axial runs of a central composite design lie.</summary>
public enum CompositeKind
{
    /// <summary>Outside: the limits are the corners', and the axial runs exceed them so that the error depends on the distance from the centre only.</summary>
    Rotatable,

    /// <summary>On the faces: three levels, all within the limits.</summary>
    FaceCentred,

    /// <summary>The rotatable design shrunk until its axial runs lie on the limits.</summary>
    Inscribed,

    /// <summary>Outside, as far from the centre as the corners: √k.</summary>
    Spherical,
}

/// <summary>Central composite designs for a second-order surface (Box and Wilson 1951): 2^k corners, 2k axial runs and some at the centre.</summary>
public static class CentralComposite
{
    private const string Where = "central composite design";

    /// <param name="centres">Runs at the centre; two or more show the pure error.</param>
    /// <param name="isHalved">Whether of the corners a half of resolution V or more is made: from five factors on.</param>
    public static DesignTable Of(IReadOnlyList<Factor> factors, CompositeKind kind = CompositeKind.Rotatable, int centres = 6, bool isHalved = false)
    {
        DesignProblem.CheckContinuous(factors, Where, 2, 12);
        ArgumentOutOfRangeException.ThrowIfNegative(centres);
        var count = factors.Count;
        if (isHalved && count < 5)
            throw DesignProblem.Of("size", $"Half of the corners of {count} factors leaves products of factors that cannot be told apart.", Where, "Make all corners, or take five factors or more.");
        var corners = (isHalved ? TwoLevelFactorial.Fraction(factors, 1 << (count - 1)) : TwoLevelFactorial.Full(factors)).Table;
        var distance = AxialDistance(kind, count, corners.Runs);
        var scale = kind == CompositeKind.Inscribed ? 1 / distance : 1;
        var rows = Enumerable.Range(0, corners.Runs).Select(run => corners.Coded(run).ToArray().Select(x => x * scale).ToArray()).ToList();
        for (var f = 0; f < count; f++)
            foreach (var end in (ReadOnlySpan<double>)[-distance, distance])
            {
                var row = new double[count];
                row[f] = end * scale;
                rows.Add(row);
            }
        for (var centre = 0; centre < centres; centre++)
            rows.Add(new double[count]);
        return new(factors, rows);
    }

    /// <summary>How far axial runs lie from the centre where corners lie at ±1. Rotatable: the fourth root of the corners' number; Box and Hunter (1957).</summary>
    public static double AxialDistance(CompositeKind kind, int factors, int corners) => kind switch
    {
        CompositeKind.FaceCentred => 1,
        CompositeKind.Spherical => Math.Sqrt(factors),
        _ => Math.Sqrt(Math.Sqrt(corners)),
    };
}
