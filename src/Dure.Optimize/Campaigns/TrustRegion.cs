using Dure.Optimize.Surrogates;

namespace Dure.Optimize.Campaigns;

/// <summary>
/// A box around the best trial within which the next are sought, for spaces of many numbers that a surrogate cannot know everywhere: it doubles after some
/// trials in a row that improve and halves after some that do not (TuRBO; Eriksson et al. 2019). Immutable. Lengths are of coded points, whose numbers go
/// from 0 to 1; categories are not narrowed.
/// </summary>
public sealed record TrustRegion
{
    public const double FirstLength = 0.8, LeastLength = 1.0 / 128, GreatestLength = 1.6;

    /// <param name="factors">Of the space.</param>
    /// <param name="batch">Trials made at once.</param>
    public static TrustRegion Of(int factors, int batch = 1) => new() { SuccessesToGrow = 3, FailuresToShrink = Math.Max(4, (factors + batch - 1) / batch) };

    public double Length { get; init; } = FirstLength;

    public int Successes { get; init; }

    public int Failures { get; init; }

    public required int SuccessesToGrow { get; init; }

    public required int FailuresToShrink { get; init; }

    /// <summary>Whether it is so small that a search begins anew elsewhere.</summary>
    public bool IsSpent => Length < LeastLength;

    /// <summary>After a trial (or a batch) that improved on the best by a thousandth of its size or more, or did not.</summary>
    public TrustRegion After(bool hasImproved)
    {
        var next = hasImproved ? this with { Successes = Successes + 1, Failures = 0 } : this with { Successes = 0, Failures = Failures + 1 };
        if (next.Successes == SuccessesToGrow)
            return next with { Length = Math.Min(GreatestLength, 2 * Length), Successes = 0 };
        return next.Failures == FailuresToShrink ? next with { Length = Length / 2, Failures = 0 } : next;
    }

    /// <summary>The box: a factor over which the surrogate changes slowly gets a longer side, the volume stays.</summary>
    public void Box(ReadOnlySpan<double> centre, PointCoding coding, SurrogateParameters parameters, Span<double> low, Span<double> high)
    {
        var middle = Math.Exp(parameters.Lengths.Average(Math.Log));
        for (var column = 0; column < centre.Length; column++)
        {
            var half = coding.IsCode(column) ? double.PositiveInfinity : Length * parameters.Lengths[coding.FactorOf(column)] / middle / 2;
            (low[column], high[column]) = coding.IsCode(column) ? (double.NegativeInfinity, half) : (Math.Max(0, centre[column] - half), Math.Min(1, centre[column] + half));
        }
    }

    /// <summary>Candidates in the box: the centre with some of its numbers drawn anew, about twenty of many (Regis and Shoemaker 2013), at least one.</summary>
    public TrialTable Candidates(ReadOnlySpan<double> centre, PointCoding coding, SurrogateParameters parameters, int count, Random random)
    {
        var (low, high, point) = (new double[centre.Length], new double[centre.Length], new double[centre.Length]);
        Box(centre, coding, parameters, low, high);
        var numbers = Enumerable.Range(0, centre.Length).Where(column => !coding.IsCode(column)).ToArray();
        var table = new TrialTable(coding, count);
        for (var i = 0; i < count; i++)
        {
            centre.CopyTo(point);
            var surely = numbers.Length == 0 ? -1 : numbers[random.Next(numbers.Length)];
            foreach (var column in numbers)
                if (column == surely || random.NextDouble() < Math.Min(1, 20.0 / numbers.Length))
                    point[column] = low[column] + (high[column] - low[column]) * random.NextDouble();
            table.Add(point);
        }
        return table;
    }
}
