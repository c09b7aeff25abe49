namespace Dure.Optimize.Numerics;

/// <summary>Orthonormal bases of small sets of vectors, by Gram and Schmidt with each vector cleaned twice (Golub and Van Loan 2013, ch. 5.2).</summary>
public static class Orthonormal
{
    /// <summary>Length below which what is left of a vector counts as nothing, against its own length.</summary>
    public const double Nothing = 1e-10;

    /// <summary>A basis of the space that rows span: as many rows as their rank.</summary>
    /// <param name="rows">Row by row.</param>
    public static double[] RowSpace(ReadOnlySpan<double> rows, int columns)
    {
        var basis = new List<double>();
        var one = new double[columns];
        for (var at = 0; at < rows.Length; at += columns)
        {
            rows.Slice(at, columns).CopyTo(one);
            if (Clean(one, [.. basis]))
                basis.AddRange(one);
        }
        return [.. basis];
    }

    /// <summary>A basis of the directions in which no row changes.</summary>
    /// <param name="rowSpace">An orthonormal basis of the rows.</param>
    public static double[] NullSpace(ReadOnlySpan<double> rowSpace, int columns)
    {
        var rank = rowSpace.Length / columns;
        var all = new double[columns * columns];
        rowSpace.CopyTo(all);
        // Axes are taken in the order of what the basis so far leaves of them, so that no short rest is blown up.
        var (rests, isTaken) = (new double[columns], new bool[columns]);
        Array.Fill(rests, 1);
        for (var k = 0; k < columns; k++)
        {
            if (k >= rank)
            {
                var axis = -1;
                for (var j = 0; j < columns; j++)
                    if (!isTaken[j] && (axis < 0 || rests[j] > rests[axis]))
                        axis = j;
                var fresh = all.AsSpan(k * columns, columns);
                (fresh[axis], isTaken[axis]) = (1, true);
                Clean(fresh, all.AsSpan(0, k * columns));
            }
            for (var j = 0; j < columns; j++)
                rests[j] -= all[k * columns + j] * all[k * columns + j];
        }
        return all[(rank * columns)..];
    }

    /// <summary>Takes from a vector what a basis explains and makes its length 1; false where nothing is left.</summary>
    public static bool Clean(Span<double> vector, ReadOnlySpan<double> basis)
    {
        var before = Math.Sqrt(Vectors.Dot(vector, vector));
        if (before == 0)
            return false;
        for (var pass = 0; pass < 2; pass++)
            Reject(vector, basis);
        var length = Math.Sqrt(Vectors.Dot(vector, vector));
        if (length <= Nothing * before)
            return false;
        for (var j = 0; j < vector.Length; j++)
            vector[j] /= length;
        return true;
    }

    /// <summary>Takes from a vector what a basis explains.</summary>
    public static void Reject(Span<double> vector, ReadOnlySpan<double> basis)
    {
        for (var at = 0; at < basis.Length; at += vector.Length)
        {
            var one = basis.Slice(at, vector.Length);
            Vectors.Add(vector, -Vectors.Dot(one, vector), one);
        }
    }
}
