using Dure.Optimize.SetPoints;

namespace Dure.Bench.Lab;

/// <summary>
/// A plant's steady response over ranges, as a product of Chebyshev polynomials through its values at their nodes: smooth responses are met to many digits, and a
/// thousand campaigns need not settle a closed loop twenty-five thousand times. What it is off is measured against the plant and belongs into the noise bounds.
/// </summary>
internal sealed class PlantSurface
{
    private readonly SetPointRange[] ranges;
    private readonly double[] coefficients; // node by node, the first set-point the fastest; outputs innermost
    private readonly int perSide, outputs;

    public PlantSurface(SetPointRange[] ranges, int outputs, int perSide, SteadyStateModel plant)
    {
        (this.ranges, this.outputs, this.perSide) = (ranges, outputs, perSide);
        var count = (int)Math.Pow(perSide, ranges.Length);
        coefficients = new double[count * outputs];
        Parallel.For(0, count, number =>
        {
            var at = new double[ranges.Length];
            for (int j = 0, rest = number; j < at.Length; j++, rest /= perSide)
                at[j] = Middle(j) - Half(j) * Math.Cos(Math.PI * (rest % perSide + 0.5) / perSide);
            plant(at, coefficients.AsSpan(number * outputs, outputs));
        });
        for (int j = 0, stride = outputs; j < ranges.Length; j++, stride *= perSide)
            Transform(stride);
    }

    public void At(ReadOnlySpan<double> setPoints, Span<double> values)
    {
        Span<double> terms = stackalloc double[ranges.Length * perSide];
        for (var j = 0; j < ranges.Length; j++)
        {
            var x = (setPoints[j] - Middle(j)) / Half(j);
            var its = terms.Slice(j * perSide, perSide);
            (its[0], its[1]) = (1, x);
            for (var n = 2; n < perSide; n++)
                its[n] = 2 * x * its[n - 1] - its[n - 2];
        }
        values.Clear();
        for (var number = 0; number < coefficients.Length / outputs; number++)
        {
            var product = 1.0;
            for (int j = 0, rest = number; j < ranges.Length; j++, rest /= perSide)
                product *= terms[j * perSide + rest % perSide];
            for (var output = 0; output < outputs; output++)
                values[output] += product * coefficients[number * outputs + output];
        }
    }

    /// <summary>The largest error of each output against the plant at random points.</summary>
    public double[] Errors(SteadyStateModel plant, int points, int seed)
    {
        var (random, errors, here, there, at) = (new Random(seed), new double[outputs], new double[outputs], new double[outputs], new double[ranges.Length]);
        for (var n = 0; n < points; n++)
        {
            for (var j = 0; j < at.Length; j++)
                at[j] = ranges[j].Low + random.NextDouble() * (ranges[j].High - ranges[j].Low);
            plant(at, here);
            At(at, there);
            for (var output = 0; output < outputs; output++)
                errors[output] = Math.Max(errors[output], Math.Abs(here[output] - there[output]));
        }
        return errors;
    }

    private double Middle(int j) => (ranges[j].Low + ranges[j].High) / 2;

    private double Half(int j) => (ranges[j].High - ranges[j].Low) / 2;

    /// <summary>Values at Chebyshev's nodes into coefficients, along one set-point.</summary>
    private void Transform(int stride)
    {
        var (old, block) = (new double[perSide], stride * perSide);
        for (var start = 0; start < coefficients.Length; start += block)
            for (var offset = 0; offset < stride; offset++)
            {
                for (var k = 0; k < perSide; k++)
                    old[k] = coefficients[start + offset + k * stride];
                for (var n = 0; n < perSide; n++)
                {
                    var sum = 0.0;
                    for (var k = 0; k < perSide; k++)
                        sum += old[k] * Math.Cos(n * (Math.PI - Math.PI * (k + 0.5) / perSide));
                    coefficients[start + offset + n * stride] = sum * (n == 0 ? 1 : 2) / perSide;
                }
            }
    }
}
