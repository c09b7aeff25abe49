using Dure.Optimize.Gaussian;

namespace Dure.Optimize.Surrogates;

/// <summary>
/// One function drawn from what a Gaussian process believes, the same wherever it is asked: a draw of the prior as a sum of cosines (Rahimi and Recht
/// 2007), moved by the data to the posterior (Wilson et al. 2020, pathwise conditioning). The point where it is best is a Thompson sample, so that trials
/// of a batch each take their own draw.
/// </summary>
public sealed class PathSample
{
    private readonly ProcessSurrogate surrogate;
    private readonly (int Factor, double Amplitude)[] blocks;
    private readonly double[][] frequencies;
    private readonly double[] phases, heights, pull;
    private readonly int[] blockOf;
    private readonly uint[] salts;

    private PathSample(ProcessSurrogate surrogate, Random random, int features)
    {
        this.surrogate = surrogate;
        var (parameters, coding) = (surrogate.Parameters, surrogate.Table.Coding);
        // One block of features for the joint part, one for each factor alone.
        blocks = [(-1, Math.Sqrt(1 - parameters.AdditiveShare)), .. Enumerable.Range(0, parameters.AdditiveShare > 0 ? coding.Factors : 0).Select(factor => (factor, Math.Sqrt(parameters.AdditiveShare / coding.Factors)))];
        var total = features * blocks.Length;
        (frequencies, phases, heights, blockOf) = (new double[total][], new double[total], new double[total], new int[total]);
        salts = new uint[total];
        for (var i = 0; i < total; i++)
        {
            blockOf[i] = i / features;
            frequencies[i] = Frequencies(blocks[blockOf[i]].Factor, random);
            (phases[i], heights[i]) = (2 * Math.PI * random.NextDouble(), Gauss(random) * Math.Sqrt(2.0 / features) * blocks[blockOf[i]].Amplitude);
            salts[i] = (uint)random.Next();
        }
        var trials = surrogate.Table;
        pull = new double[trials.Count];
        Prior(trials, pull);
        var noise = Math.Sqrt(parameters.Noise);
        for (var i = 0; i < pull.Length; i++)
            pull[i] = surrogate.Standard[i] - parameters.Mean - pull[i] - noise * Gauss(random);
        surrogate.Factor.Solve(pull);
    }

    /// <param name="features">Cosines for the joint part and for each factor alone: the more, the nearer the prior's draw is to one of the process.</param>
    public static PathSample Of(ProcessSurrogate surrogate, Random random, int features = 512) => new(surrogate, random, features);

    /// <summary>The function's values at some points, in the unit of the surrogate's.</summary>
    public void At(TrialTable points, Span<double> values)
    {
        Prior(points, values);
        var kernel = new BlendedKernel(surrogate.Kind, points.Coding, surrogate.Parameters);
        for (var i = 0; i < points.Count; i++)
        {
            var moved = values[i];
            for (var row = 0; row < pull.Length; row++)
                moved += pull[row] * kernel.At(points, i, surrogate.Table, row);
            values[i] = surrogate.Offset + surrogate.Scale * (surrogate.Parameters.Mean + moved);
        }
    }

    private void Prior(TrialTable points, Span<double> values)
    {
        values[..points.Count].Clear();
        var angles = new double[points.Count];
        for (var feature = 0; feature < phases.Length; feature++)
        {
            Array.Fill(angles, phases[feature]);
            for (var column = 0; column < points.Coding.Columns; column++)
            {
                var frequency = frequencies[feature][column];
                if (frequency == 0)
                    continue;
                var entries = points.Column(column);
                if (points.Coding.IsCode(column))
                    for (var i = 0; i < angles.Length; i++)
                        angles[i] += frequency * Corner(feature, column, (int)entries[i]);
                else
                    for (var i = 0; i < angles.Length; i++)
                        angles[i] += frequency * entries[i];
            }
            for (var i = 0; i < angles.Length; i++)
                values[i] += heights[feature] * Math.Cos(angles[i]);
        }
    }

    /// <summary>
    /// Any two options of a category are 1 apart: they are corners of a simplex of side 1, seen along a random line, where each has a normal coordinate of
    /// deviation √½ of its own.
    /// </summary>
    private double Corner(int feature, int column, int option)
    {
        var bits = unchecked(((ulong)salts[feature] << 32 | (uint)(column * 7919 + option)) * 0x9E3779B97F4A7C15UL);
        bits = unchecked((bits ^ (bits >> 31)) * 0xBF58476D1CE4E5B9UL);
        bits ^= bits >> 29;
        var (u, v) = (((uint)(bits >> 32) + 0.5) / 4294967296.0, ((uint)bits + 0.5) / 4294967296.0);
        return Math.Sqrt(-Math.Log(u)) * Math.Cos(2 * Math.PI * v);
    }

    /// <summary>Drawn from the kernel's spectrum: normal ones for the Gaussian; over the root of a χ² of 5 for Matérn 5/2, one χ² for all factors together.</summary>
    private double[] Frequencies(int onlyFactor, Random random)
    {
        var coding = surrogate.Table.Coding;
        var stretch = 1.0;
        if (surrogate.Kind == Covariance.Matern52)
        {
            var square = 0.0;
            for (var i = 0; i < 5; i++)
                square += Gauss(random) is var z ? z * z : 0;
            stretch = Math.Sqrt(5 / square);
        }
        var drawn = new double[coding.Columns];
        for (var column = 0; column < drawn.Length; column++)
        {
            var factor = coding.FactorOf(column);
            if (onlyFactor >= 0 && factor != onlyFactor)
                continue;
            var length = surrogate.Parameters.Lengths[factor] / (onlyFactor >= 0 ? Math.Sqrt(coding.Factors) : 1);
            drawn[column] = stretch / length * (coding.IsCode(column) ? 1 : Gauss(random));
        }
        return drawn;
    }

    private static double Gauss(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
