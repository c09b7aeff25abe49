namespace Dure.Learn;

/// <summary>One squared distance <c>d' M d</c> of a lagged row from normal.</summary>
/// <param name="Name">Its customary name, such as <c>T2</c>.</param>
/// <param name="Matrix">M, symmetric, row-major.</param>
/// <param name="Alarms">Whether the detector alarms by it; others are for the eye.</param>
internal sealed record SubspaceDistance(string Name, double[] Matrix, bool Alarms = true);

/// <summary>Where normal lagged rows lie, and how far others are from there.</summary>
internal sealed record SubspaceFit(double[] Centre, IReadOnlyList<SubspaceDistance> Distances)
{
    /// <summary>Each distance of each lagged row: [distance][row].</summary>
    public double[][] Evaluate(ReadOnlySpan<double> lagged)
    {
        var width = Centre.Length;
        var rows = lagged.Length / width;
        var values = Distances.Select(_ => new double[rows]).ToArray();
        var scratch = new double[width];
        for (var row = 0; row < rows; row++)
            for (var i = 0; i < values.Length; i++)
                values[i][row] = Quadratic.Form(lagged.Slice(row * width, width), Centre, Distances[i].Matrix, scratch, default);
        return values;
    }
}

/// <summary>Distances of rows that were not fitted: the commissioning rows are cut into consecutive blocks, and each is judged by a fit of the others.</summary>
internal static class HeldOutBlocks
{
    /// <summary>Ten, as is customary in cross-validation (Hastie, Tibshirani and Friedman, 2009, section 7.10): with fewer the fits rest on
    /// clearly fewer rows than the whole has, and the limits come out too wide.</summary>
    public const int Count = 10;

    /// <summary>Rows beside a block are left out of its fit too, as many as a lagged row looks back, so that the two share no row.</summary>
    public static double[][] Evaluate(ReadOnlySpan<double> rows, int columns, int lags, Func<IReadOnlyList<double[]>, SubspaceFit> fit,
        CancellationToken cancel)
    {
        var total = rows.Length / columns;
        var blocks = new List<double[][]>();
        for (var block = 0; block < Count; block++)
        {
            cancel.ThrowIfCancellationRequested();
            var (from, to) = (total * block / Count, total * (block + 1) / Count);
            var before = rows[..(Math.Max(0, from - lags) * columns)];
            var after = rows[(Math.Min(total, to + lags) * columns)..];
            var stretches = new List<double[]>();
            if (before.Length > 0)
                stretches.Add(before.ToArray());
            if (after.Length > 0)
                stretches.Add(after.ToArray());
            blocks.Add(fit(stretches).Evaluate(LaggedRows.Sample(rows[(from * columns)..(to * columns)], columns, lags)));
        }
        return [.. blocks[0].Select((_, distance) => blocks.SelectMany(b => b[distance]).ToArray())];
    }
}
