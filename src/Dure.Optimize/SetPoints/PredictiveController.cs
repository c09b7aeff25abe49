using Dure.Kernel;
using Dure.Optimize.Numerics;

namespace Dure.Optimize.SetPoints;

/// <summary>A linear plant sampled at a fixed interval, in deviations from where it was linearised: x⁺ = A x + B u, y = C x. It has to be stable by itself.</summary>
/// <param name="A">Row by row.</param>
public sealed record LinearPlant(int States, int Inputs, int Outputs, double[] A, double[] B, double[] C);

/// <summary>A manipulated input: its limits, its largest move in one interval, and the price of moving it.</summary>
public sealed record ControlInput(double Low, double High, double MostMove, double MoveWeight);

/// <summary>A controlled output: the weight of its error, and limits that are kept where the inputs can.</summary>
public sealed record ControlOutput(double Weight, double? Low = null, double? High = null);

/// <summary>
/// Model-predictive control of a small stable plant: each interval the moves that keep predicted outputs nearest to their targets, with limits on inputs, moves and
/// outputs, of which the first is made (Rawlings, Mayne and Diehl 2017, ch. 1). What the model misses is taken for a disturbance of the output, estimated anew at
/// each sample, so that no offset stays (Muske and Badgwell 2002). Limits of inputs and moves always hold; those of outputs are given up by as little as possible
/// where they cannot hold. One plant, one thread.
/// </summary>
public sealed class PredictiveController
{
    /// <summary>Price of an output beyond its limit, in weights of its error at each interval: so high that no error is worth it.</summary>
    private const double SlackPrice = 1e3;

    private readonly LinearPlant plant;
    private readonly ControlInput[] inputs;
    private readonly ControlOutput[] outputs;
    private readonly int horizon, moves, unknowns;
    private readonly double estimation;
    private readonly double[] response; // outputs after k intervals of a unit step in an input, block by block
    private readonly double[] hessian, rows;
    private readonly double[] state, next, disturbance, last;

    /// <param name="horizon">Intervals that are looked ahead.</param>
    /// <param name="moves">Intervals in which inputs may move; after that they stay.</param>
    /// <param name="estimation">Share of a new miss that is believed; below 1 with noise.</param>
    /// <exception cref="ProblemException">Shapes that do not fit, limits that contradict each other, or a plant that is not stable.</exception>
    public PredictiveController(LinearPlant plant, IReadOnlyList<ControlInput> inputs, IReadOnlyList<ControlOutput> outputs, int horizon = 60, int moves = 5, double estimation = 1)
    {
        (this.plant, this.inputs, this.outputs, this.horizon, this.moves, this.estimation) = (plant, [.. inputs], [.. outputs], horizon, moves, estimation);
        Check();
        (state, next, disturbance, last) = (new double[plant.States], new double[plant.States], new double[plant.Outputs], new double[plant.Inputs]);
        response = StepResponse();
        unknowns = moves * plant.Inputs + plant.Outputs; // the slack of each output's limits comes last
        hessian = Hessian();
        rows = Rows();
    }

    /// <summary>What the plant is believed to be disturbed by, in each output's unit.</summary>
    public IReadOnlyList<double> Disturbance => disturbance;

    /// <summary>The inputs for the coming interval.</summary>
    /// <param name="measured">Outputs now; NaN: that one is not believed, and its disturbance stays as it was.</param>
    /// <param name="targets">Where the outputs should be.</param>
    public double[] Next(ReadOnlySpan<double> measured, ReadOnlySpan<double> targets)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(measured.Length, plant.Outputs);
        ArgumentOutOfRangeException.ThrowIfNotEqual(targets.Length, plant.Outputs);
        foreach (var target in targets)
            if (!double.IsFinite(target))
                throw Bad($"A target is {target}.", "Give finite targets.");
        for (var i = 0; i < plant.Outputs; i++)
            if (double.IsFinite(measured[i]))
                disturbance[i] += estimation * (measured[i] - Output(state, i) - disturbance[i]);
        var solved = Solve(targets);
        for (var j = 0; j < plant.Inputs; j++)
            last[j] = Math.Clamp(last[j] + Math.Clamp(solved[j], -inputs[j].MostMove, inputs[j].MostMove), inputs[j].Low, inputs[j].High);
        Advance(state, last);
        return [.. last];
    }

    private double[] Solve(ReadOnlySpan<double> targets)
    {
        var (gradient, bounds, free) = (new double[unknowns], new double[rows.Length / unknowns], Free());
        for (var k = 0; k < horizon; k++)
            for (var i = 0; i < plant.Outputs; i++)
            {
                var error = outputs[i].Weight * (free[k * plant.Outputs + i] - targets[i]);
                for (var u = 0; u < moves * plant.Inputs; u++)
                    gradient[u] += error * Effect(k, i, u);
            }
        for (var i = 0; i < plant.Outputs; i++)
            gradient[unknowns - plant.Outputs + i] = SlackPrice * Price(i);
        Bounds(free, bounds);
        // The inputs' own limits are kept by standing still, and slack keeps the outputs': so there is always an answer, unless numbers are too far apart.
        return QuadraticProgram.Solve(hessian, gradient, rows, bounds) ?? new double[unknowns];
    }

    /// <summary>Outputs over the horizon were the inputs to stay.</summary>
    private double[] Free()
    {
        var (free, x) = (new double[horizon * plant.Outputs], (double[])state.Clone());
        for (var k = 0; k < horizon; k++)
        {
            Advance(x, last);
            for (var i = 0; i < plant.Outputs; i++)
                free[k * plant.Outputs + i] = Output(x, i) + disturbance[i];
        }
        return free;
    }

    /// <summary>How output i after k + 1 intervals answers to unknown u, a move of an input.</summary>
    private double Effect(int k, int i, int u)
    {
        var since = k - u / plant.Inputs;
        return since < 0 ? 0 : response[(since * plant.Outputs + i) * plant.Inputs + u % plant.Inputs];
    }

    private double[] StepResponse()
    {
        var (steps, unit) = (new double[horizon * plant.Outputs * plant.Inputs], new double[plant.Inputs]);
        for (var j = 0; j < plant.Inputs; j++)
        {
            var x = new double[plant.States];
            (unit[j], unit[(j + 1) % plant.Inputs]) = (1, plant.Inputs > 1 ? 0 : 1);
            for (var k = 0; k < horizon; k++)
            {
                Advance(x, unit);
                for (var i = 0; i < plant.Outputs; i++)
                    steps[(k * plant.Outputs + i) * plant.Inputs + j] = Output(x, i);
            }
            unit[j] = 0;
        }
        return steps;
    }

    private double[] Hessian()
    {
        var h = new double[unknowns * unknowns];
        for (var u = 0; u < moves * plant.Inputs; u++)
        {
            for (var v = 0; v < moves * plant.Inputs; v++)
                for (var k = 0; k < horizon; k++)
                    for (var i = 0; i < plant.Outputs; i++)
                        h[u * unknowns + v] += outputs[i].Weight * Effect(k, i, u) * Effect(k, i, v);
            h[u * unknowns + u] += inputs[u % plant.Inputs].MoveWeight;
        }
        for (var i = 0; i < plant.Outputs; i++)
            h[(unknowns - plant.Outputs + i) * (unknowns + 1)] = Price(i);
        return h;
    }

    /// <summary>The left sides: moves up and down, inputs up and down, outputs up and down less their slack, slack not below 0.</summary>
    private double[] Rows()
    {
        var made = new List<double[]>();
        for (var u = 0; u < moves * plant.Inputs; u++)
        {
            made.Add(Row(v => v == u ? 1 : 0));
            made.Add(Row(v => v == u ? -1 : 0));
            made.Add(Row(v => v <= u && v % plant.Inputs == u % plant.Inputs ? 1 : 0));
            made.Add(Row(v => v <= u && v % plant.Inputs == u % plant.Inputs ? -1 : 0));
        }
        for (var i = 0; i < plant.Outputs; i++)
        {
            made.Add(Row(_ => 0, i, -1));
            for (var k = 0; k < horizon; k++)
            {
                if (outputs[i].High is not null)
                    made.Add(Row(v => Effect(k, i, v), i, -1));
                if (outputs[i].Low is not null)
                    made.Add(Row(v => -Effect(k, i, v), i, -1));
            }
        }
        return [.. made.SelectMany(row => row)];

        double[] Row(Func<int, double> entry, int slackOf = -1, double slack = 0)
        {
            var row = new double[unknowns];
            for (var v = 0; v < moves * plant.Inputs; v++)
                row[v] = entry(v);
            if (slackOf >= 0)
                row[unknowns - plant.Outputs + slackOf] = slack;
            return row;
        }
    }

    /// <summary>The right sides, in the order of the left ones.</summary>
    private void Bounds(double[] free, double[] bounds)
    {
        var at = 0;
        for (var u = 0; u < moves * plant.Inputs; u++)
        {
            var (input, now) = (inputs[u % plant.Inputs], last[u % plant.Inputs]);
            (bounds[at++], bounds[at++], bounds[at++], bounds[at++]) = (input.MostMove, input.MostMove, input.High - now, now - input.Low);
        }
        for (var i = 0; i < plant.Outputs; i++)
        {
            bounds[at++] = 0;
            for (var k = 0; k < horizon; k++)
            {
                if (outputs[i].High is { } high)
                    bounds[at++] = high - free[k * plant.Outputs + i];
                if (outputs[i].Low is { } low)
                    bounds[at++] = free[k * plant.Outputs + i] - low;
            }
        }
    }

    private double Price(int output) => Math.Max(1e-6, outputs[output].Weight);

    private double Output(double[] x, int i) => Vectors.Dot(plant.C.AsSpan(i * plant.States, plant.States), x);

    private void Advance(double[] x, double[] u)
    {
        for (var i = 0; i < plant.States; i++)
            next[i] = Vectors.Dot(plant.A.AsSpan(i * plant.States, plant.States), x) + Vectors.Dot(plant.B.AsSpan(i * plant.Inputs, plant.Inputs), u);
        next.CopyTo(x, 0);
    }

    private void Check()
    {
        if (plant.States < 1 || plant.Inputs < 1 || plant.Outputs < 1 || plant.A.Length != plant.States * plant.States || plant.B.Length != plant.States * plant.Inputs || plant.C.Length != plant.Outputs * plant.States || inputs.Length != plant.Inputs || outputs.Length != plant.Outputs)
            throw Bad("Matrices, inputs and outputs do not fit each other.", "Give A states × states, B states × inputs, C outputs × states, and one entry for each input and output.");
        if (plant.A.Concat(plant.B).Concat(plant.C).Any(value => !double.IsFinite(value)))
            throw Bad("The plant's matrices hold values that are no numbers.", "Give finite matrices.");
        if (horizon < 1 || moves < 1 || moves > horizon || !(estimation is > 0 and <= 1))
            throw Bad($"Horizon {horizon}, moves {moves}, estimation {estimation}.", "Look ahead at least as far as inputs move, and believe a share from above 0 to 1.");
        foreach (var input in inputs)
            if (!(input.Low <= 0 && input.High >= 0 && input.MostMove > 0 && input.MoveWeight > 0) || !double.IsFinite(input.High - input.Low))
                throw Bad($"An input may be from {input.Low} to {input.High}, move by {input.MostMove}, at the price {input.MoveWeight}.", "Inputs are deviations: give limits around 0, a move and a price above 0.");
        foreach (var output in outputs)
            if (!(output.Weight >= 0) || output.Low > output.High || double.IsNaN(output.Low ?? 0) || double.IsNaN(output.High ?? 0))
                throw Bad($"An output has the weight {output.Weight} and should be from {output.Low} to {output.High}.", "Give a weight of at least 0 and a lower limit below the upper one.");
        if (!IsStable())
            throw Bad("The plant is not stable by itself: what is predicted from its inputs alone would run away from it.", "Stabilise it by a loop of its own, and control its set-points.");
    }

    /// <summary>Whether ever higher powers of A vanish, by squaring.</summary>
    private bool IsStable()
    {
        var (n, power) = (plant.States, (double[])plant.A.Clone());
        for (var squared = 0; squared < 24; squared++)
        {
            var product = new double[n * n];
            for (var i = 0; i < n; i++)
                for (var k = 0; k < n; k++)
                    if (power[i * n + k] is var its && its != 0)
                        Vectors.Add(product.AsSpan(i * n, n), its, power.AsSpan(k * n, n));
            power = product;
            var largest = power.Max(Math.Abs);
            if (largest < 1e-3 || !double.IsFinite(largest))
                return largest < 1e-3;
        }
        return false;
    }

    private static ProblemException Bad(string what, string mend) => new("urn:dure:optimize:bad-controller", what, "predictive controller", mend);
}
