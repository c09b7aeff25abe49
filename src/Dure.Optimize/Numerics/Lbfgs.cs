namespace Dure.Optimize.Numerics;

/// <summary>A function to be made small.</summary>
/// <param name="gradient">Its slope there, written by the function.</param>
/// <returns>Its value; NaN or infinite where it has none, and the search turns back.</returns>
public delegate double Objective(ReadOnlySpan<double> at, Span<double> gradient);

/// <summary>Where a search ended.</summary>
/// <param name="Steps">How many steps it took.</param>
/// <param name="HasConverged">Whether the slope vanished there; otherwise the steps were used up, or no step led further down.</param>
public sealed record Minimum(double[] At, double Value, int Steps, bool HasConverged);

/// <summary>
/// Limited-memory BFGS (Nocedal 1980; Liu and Nocedal 1989) with the weak Wolfe search by bisection of Lewis and Overton (2013). With weights on
/// the absolute values it is the orthant-wise search of Andrew and Gao (2007), which sets variables to exactly 0.
/// </summary>
public sealed class Lbfgs
{
    private const int Memory = 10;
    private const int MostTrials = 40;
    private const double Decrease = 1e-4;
    private const double Curvature = 0.9;

    private readonly Objective function;
    private readonly double[]? l1;
    private readonly List<(double[] Step, double[] Turn, double Product)> past = [];
    private readonly int count;
    private double[] at, slope, direction;
    private double value;

    private Lbfgs(Objective function, ReadOnlySpan<double> start, double[]? l1)
    {
        (this.function, this.l1, count) = (function, l1, start.Length);
        (at, slope, direction) = (start.ToArray(), new double[count], new double[count]);
        value = Evaluate(at, slope);
    }

    /// <summary>Seeks a minimum from a start.</summary>
    /// <param name="l1">What the absolute value of each variable costs; null: nothing.</param>
    /// <param name="mostSteps">Steps at most.</param>
    /// <param name="tolerance">It has converged when no entry of the slope is larger, relative to the value where that is above 1.</param>
    public static Minimum Minimize(Objective function, ReadOnlySpan<double> start, double[]? l1 = null, int mostSteps = 200, double tolerance = 1e-6, CancellationToken cancel = default) =>
        new Lbfgs(function, start, l1).Run(mostSteps, tolerance, cancel);

    private Minimum Run(int mostSteps, double tolerance, CancellationToken cancel)
    {
        for (var step = 0; step < mostSteps && double.IsFinite(value); step++)
        {
            cancel.ThrowIfCancellationRequested();
            var steepest = l1 is null ? slope : PseudoSlope();
            if (Largest(steepest) <= tolerance * Math.Max(1, Math.Abs(value)))
                return new Minimum(at, value, step, true);
            Direct(steepest);
            if (!TryStep(steepest, cancel))
            {
                if (past.Count == 0)
                    return new Minimum(at, value, step, false);
                past.Clear(); // what was learnt of the curvature misleads here: begin again with the slope alone
            }
        }
        return new Minimum(at, value, mostSteps, false);
    }

    private double Evaluate(double[] point, double[] gradient)
    {
        var sum = function(point, gradient);
        for (var i = 0; l1 is not null && i < count; i++)
            sum += l1[i] * Math.Abs(point[i]);
        return sum;
    }

    /// <summary>The two-loop recursion; Nocedal and Wright (2006), algorithm 7.4.</summary>
    private void Direct(double[] steepest)
    {
        for (var i = 0; i < count; i++)
            direction[i] = -steepest[i];
        var shares = new double[past.Count];
        for (var k = past.Count - 1; k >= 0; k--)
            Vectors.Add(direction, -(shares[k] = Vectors.Dot(past[k].Step, direction) / past[k].Product), past[k].Turn);
        var scale = past.Count == 0 ? 1 / Math.Max(1, Math.Sqrt(Vectors.Dot(steepest, steepest))) : past[^1].Product / Vectors.Dot(past[^1].Turn, past[^1].Turn);
        for (var i = 0; i < count; i++)
            direction[i] *= scale;
        for (var k = 0; k < past.Count; k++)
            Vectors.Add(direction, shares[k] - Vectors.Dot(past[k].Turn, direction) / past[k].Product, past[k].Step);
        for (var i = 0; l1 is not null && i < count; i++)
            if (direction[i] * steepest[i] > 0)
                direction[i] = 0;
    }

    private bool TryStep(double[] steepest, CancellationToken cancel)
    {
        var descent = Vectors.Dot(direction, steepest);
        if (!(descent < 0))
            return false;
        var (low, high, length) = (0.0, double.PositiveInfinity, 1.0);
        var (next, nextSlope) = (new double[count], new double[count]);
        for (var trial = 0; trial < MostTrials; trial++)
        {
            cancel.ThrowIfCancellationRequested();
            MoveTo(next, length, steepest);
            var found = Evaluate(next, nextSlope);
            var gained = l1 is null ? length * descent : Travelled(next, steepest);
            if (!(found <= value + Decrease * gained))
                high = length;
            else if (l1 is null && Vectors.Dot(direction, nextSlope) < Curvature * descent)
                low = length;
            else
                return Accept(next, nextSlope, found);
            length = double.IsFinite(high) ? (low + high) / 2 : 2 * low;
        }
        // A step that goes down is taken even where its curvature could not be made right.
        MoveTo(next, low, steepest);
        return low > 0 && Evaluate(next, nextSlope) is var last && last < value && Accept(next, nextSlope, last);
    }

    private void MoveTo(double[] next, double length, double[] steepest)
    {
        for (var i = 0; i < count; i++)
        {
            next[i] = at[i] + length * direction[i];
            // A variable with a cost of its size stops at 0 before it changes sign.
            if (l1 is not null && l1[i] > 0 && next[i] * (at[i] != 0 ? at[i] : -steepest[i]) < 0)
                next[i] = 0;
        }
    }

    private double Travelled(double[] next, double[] steepest)
    {
        var sum = 0.0;
        for (var i = 0; i < count; i++)
            sum += steepest[i] * (next[i] - at[i]);
        return sum;
    }

    private bool Accept(double[] next, double[] nextSlope, double found)
    {
        var (step, turn) = (new double[count], new double[count]);
        for (var i = 0; i < count; i++)
            (step[i], turn[i]) = (next[i] - at[i], nextSlope[i] - slope[i]);
        var product = Vectors.Dot(step, turn);
        if (product > 1e-10 * Vectors.Dot(turn, turn) && product > 0)
            past.Add((step, turn, product));
        if (past.Count > Memory)
            past.RemoveAt(0);
        var moved = found < value || Largest(step) > 0;
        (at, slope, value) = (next, nextSlope, found);
        return moved;
    }

    /// <summary>The steepest of the slopes that a corner at 0 has; Andrew and Gao (2007), eq. 4.</summary>
    private double[] PseudoSlope()
    {
        var steepest = new double[count];
        for (var i = 0; i < count; i++)
        {
            var (left, right) = (slope[i] - l1![i], slope[i] + l1[i]); // asked only with weights
            steepest[i] = at[i] > 0 ? right : at[i] < 0 ? left : right < 0 ? right : left > 0 ? left : 0;
        }
        return steepest;
    }

    private static double Largest(double[] entries)
    {
        var largest = 0.0;
        foreach (var entry in entries)
            largest = Math.Max(largest, Math.Abs(entry));
        return largest;
    }
}
