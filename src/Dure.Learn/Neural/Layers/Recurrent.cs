using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Dure.Edge.Onnx;

namespace Dure.Learn.Neural;

/// <summary>
/// What GRU and LSTM share: a window is read position by position, each step takes the state before it. Inside, values lie step by step (all examples
/// of a step together), so that a step is one product and the gradient of a weight one product over all steps.
/// </summary>
internal abstract record Recurrent(int Units) : Layer
{
    private const int Inputs = 0, FromInputs = 1, States = 2, FromStates = 3, DInputs = 4, DStates = 5, DNext = 6, Turned = 7;

    protected abstract int Gates { get; }

    public override Shape Infer(IReadOnlyList<Shape> inputs) => Dense.Single(inputs).Rank == 2 ? inputs[0] with { Channels = Units } : throw Shape.Bad("It reads windows.", Kind);

    public override IReadOnlyList<Weights> Learns(IReadOnlyList<Shape> inputs) =>
    [
        new(inputs[0].Channels, Gates * Units, inputs[0].Channels, IsDecayed: true), new(1, Gates * Units, 0),
        new(Units, Gates * Units, Units, IsDecayed: true), new(1, Gates * Units, 0),
    ];

    /// <summary>One step: from what the inputs and the state before say of each gate (both may be overwritten) to the new state.</summary>
    /// <param name="before">The state before, <paramref name="state"/> the new one; all of one example.</param>
    protected abstract void Step(Site site, int step, int row, Span<float> inputs, Span<float> states, ReadOnlySpan<float> before, Span<float> state);

    /// <summary>Back through a step: from the gradient of its state to those of what the inputs and the state before said.</summary>
    /// <param name="passed">Taken: the gradient of the new state. Given: what of it reaches the state before on a way beside the gates.</param>
    protected abstract void StepBack(Site site, int step, int row, ReadOnlySpan<float> inputs, ReadOnlySpan<float> states, ReadOnlySpan<float> before, ReadOnlySpan<float> state, Span<float> dInputs, Span<float> dStates, Span<float> passed);

    public override unsafe void Forward(Site site)
    {
        var (rows, steps, inner, all) = (site.Rows, site.Shape.Width, site.InputShape.Channels, Gates * Units);
        var count = rows * steps;
        var byStep = site.Keep(Inputs, count * inner).AsSpan(0, count * inner);
        Turn(site.Input(), byStep, rows, steps, inner);
        var fromInputs = site.Keep(FromInputs, count * all).AsSpan(0, count * all);
        FloatMath.Repeat(site.Weight(1), fromInputs);
        Gemm.Multiply(Left.Rows(site.KeepAt(Inputs, 0), inner, inner), site.Packed(0, 0, inner, all), site.KeepAt(FromInputs, 0), all, count, add: true);
        var states = site.Keep(States, (steps + 1) * rows * Units).AsSpan(0, (steps + 1) * rows * Units);
        states[..(rows * Units)].Clear();
        var fromStates = site.Keep(FromStates, count * all).AsSpan(0, count * all);
        FloatMath.Repeat(site.Weight(3), fromStates);
        var panels = site.Packed(1, 2, Units, all);
        for (var step = 0; step < steps; step++)
        {
            Gemm.Multiply(Left.Rows(site.KeepAt(States, 0) + (long)step * rows * Units, Units, Units), panels, site.KeepAt(FromStates, 0) + (long)step * rows * all, all, rows, add: true);
            for (var row = 0; row < rows; row++)
            {
                var at = step * rows + row;
                Step(site, step, row, fromInputs.Slice(at * all, all), fromStates.Slice(at * all, all), states.Slice(at * Units, Units), states.Slice((at + rows) * Units, Units));
            }
        }
        Turn(states[(rows * Units)..], site.Value, steps, rows, Units);
    }

    public override unsafe void Backward(Site site)
    {
        var (rows, steps, inner, all) = (site.Rows, site.Shape.Width, site.InputShape.Channels, Gates * Units);
        var count = rows * steps;
        var states = site.Keep(States, 0).AsSpan(0, (steps + 1) * rows * Units);
        var (fromInputs, fromStates) = (site.Keep(FromInputs, 0), site.Keep(FromStates, 0));
        var dInputs = site.Keep(DInputs, count * all).AsSpan(0, count * all);
        var dStates = site.Keep(DStates, count * all).AsSpan(0, count * all);
        var next = site.Keep(DNext, rows * Units).AsSpan(0, rows * Units);
        next.Clear();
        var panels = site.Packed(2, 2, all, Units, turned: true);
        for (var step = steps - 1; step >= 0; step--)
        {
            for (var row = 0; row < rows; row++)
            {
                var at = step * rows + row;
                var passed = next.Slice(row * Units, Units);
                FloatMath.Add(site.Gradient.Slice((row * steps + step) * Units, Units), passed);
                StepBack(site, step, row, fromInputs.AsSpan(at * all, all), fromStates.AsSpan(at * all, all), states.Slice(at * Units, Units), states.Slice((at + rows) * Units, Units),
                    dInputs.Slice(at * all, all), dStates.Slice(at * all, all), passed);
            }
            if (step > 0)
                Gemm.Multiply(Left.Rows(site.KeepAt(DStates, 0) + (long)step * rows * all, all, all), panels, site.KeepAt(DNext, 0), Units, rows, add: true);
        }
        FloatMath.AddColumns(dInputs, all, site.WeightGradient(1));
        FloatMath.AddColumns(dStates, all, site.WeightGradient(3));
        Dense.AddProductOfColumns(site.KeepAt(Inputs, 0), inner, dInputs, all, count, site.Scratch(3), site.WeightGradientAt(0));
        Dense.AddProductOfColumns(site.KeepAt(States, 0), Units, dStates, all, count, site.Scratch(3), site.WeightGradientAt(2));
        if (!site.Wants())
            return;
        var turned = site.Keep(Turned, count * inner).AsSpan(0, count * inner);
        Gemm.Multiply(Left.Rows(site.KeepAt(DInputs, 0), all, all), site.Packed(4, 0, all, inner, turned: true), site.KeepAt(Turned, 0), inner, count, add: false);
        var into = site.InputGradient();
        for (var row = 0; row < rows; row++)
            for (var step = 0; step < steps; step++)
                FloatMath.Add(turned.Slice((step * rows + row) * inner, inner), into.Slice((row * steps + step) * inner, inner));
    }

    /// <summary>From [a, b, size] to [b, a, size].</summary>
    private static void Turn(ReadOnlySpan<float> from, Span<float> to, int a, int b, int size)
    {
        for (var i = 0; i < a; i++)
            for (var j = 0; j < b; j++)
                from.Slice((i * b + j) * size, size).CopyTo(to[((j * a + i) * size)..]);
    }

    /// <summary>A node of ONNX that gives every step, [steps, directions, examples, units] of it as [examples, steps, units].</summary>
    protected GraphValue AddTo(GraphBuilder graph, ExportSite site, string operation, ReadOnlySpan<OnnxAttribute> attributes)
    {
        var (inner, all) = (site.InputShapes[0].Channels, Gates * Units);
        var steps = graph.Node("Transpose", [site.Input], [OnnxAttribute.Of("perm", [1L, 0L, 2L])]);
        var fromInputs = graph.Constant<float>($"{site.Name}_0", Transposed(site.Weights[0], inner, all), 1, all, inner);
        var fromStates = graph.Constant<float>($"{site.Name}_2", Transposed(site.Weights[2], Units, all), 1, all, Units);
        var offsets = graph.Constant<float>($"{site.Name}_1", [.. site.Weights[1], .. site.Weights[3]], 1, 2 * all);
        var each = graph.Node(operation, [steps, fromInputs, fromStates, offsets], [OnnxAttribute.Of("hidden_size", (long)Units), .. attributes]);
        var single = graph.Node("Squeeze", [each, graph.Constant<long>($"{site.Name}_direction", [1], 1)]);
        return graph.Node("Transpose", [single], [OnnxAttribute.Of("perm", [1L, 0L, 2L])]);
    }

    private static float[] Transposed(float[] matrix, int rows, int columns)
    {
        var turned = new float[matrix.Length];
        for (var i = 0; i < matrix.Length; i++)
            turned[i % columns * rows + i / columns] = matrix[i];
        return turned;
    }


    protected static ref float At(ReadOnlySpan<float> span) => ref MemoryMarshal.GetReference(span);
}

/// <summary>Gated recurrent units: Cho et al. (2014), with the reset gate behind the product as in cuDNN, ONNX (linear_before_reset) and PyTorch.</summary>
internal sealed record Gru(int Units) : Recurrent(Units)
{
    public override string Kind => "gru";

    /// <summary>Update, reset, new: the order of ONNX.</summary>
    protected override int Gates => 3;

    protected override void Step(Site site, int step, int row, Span<float> inputs, Span<float> states, ReadOnlySpan<float> before, Span<float> state)
    {
        var n = Units;
        var i = 0;
        for (; i <= n - 8; i += 8)
        {
            var z = FloatMath.Sigmoid(Load(inputs, i) + Load(states, i));
            var r = FloatMath.Sigmoid(Load(inputs, n + i) + Load(states, n + i));
            var c = FloatMath.Tanh(Vector256.FusedMultiplyAdd(r, Load(states, 2 * n + i), Load(inputs, 2 * n + i)));
            Store(z, inputs, i);
            Store(r, inputs, n + i);
            Store(c, inputs, 2 * n + i);
            Store(c + z * (Load(before, i) - c), state, i);
        }
        for (; i < n; i++)
        {
            var z = FloatMath.Sigmoid(Vector256.Create(inputs[i] + states[i]))[0];
            var r = FloatMath.Sigmoid(Vector256.Create(inputs[n + i] + states[n + i]))[0];
            var c = FloatMath.Tanh(Vector256.Create(MathF.FusedMultiplyAdd(r, states[2 * n + i], inputs[2 * n + i])))[0];
            (inputs[i], inputs[n + i], inputs[2 * n + i]) = (z, r, c);
            state[i] = c + z * (before[i] - c);
        }
    }

    protected override void StepBack(Site site, int step, int row, ReadOnlySpan<float> inputs, ReadOnlySpan<float> states, ReadOnlySpan<float> before, ReadOnlySpan<float> state, Span<float> dInputs, Span<float> dStates, Span<float> passed)
    {
        var n = Units;
        var i = 0;
        for (; i <= n - 8; i += 8)
        {
            var (z, r, c, d) = (Load(inputs, i), Load(inputs, n + i), Load(inputs, 2 * n + i), Load(passed, i));
            var dz = d * (Load(before, i) - c) * z * (Vector256<float>.One - z);
            var dc = d * (Vector256<float>.One - z) * (Vector256<float>.One - c * c);
            var dr = dc * Load(states, 2 * n + i) * r * (Vector256<float>.One - r);
            Store(dz, dInputs, i);
            Store(dr, dInputs, n + i);
            Store(dc, dInputs, 2 * n + i);
            Store(dz, dStates, i);
            Store(dr, dStates, n + i);
            Store(dc * r, dStates, 2 * n + i);
            Store(d * z, passed, i);
        }
        for (; i < n; i++)
        {
            var (z, r, c, d) = (inputs[i], inputs[n + i], inputs[2 * n + i], passed[i]);
            var dz = d * (before[i] - c) * z * (1 - z);
            var dc = d * (1 - z) * (1 - c * c);
            var dr = dc * states[2 * n + i] * r * (1 - r);
            (dInputs[i], dInputs[n + i], dInputs[2 * n + i]) = (dz, dr, dc);
            (dStates[i], dStates[n + i], dStates[2 * n + i]) = (dz, dr, dc * r);
            passed[i] = d * z;
        }
    }

    private static Vector256<float> Load(ReadOnlySpan<float> from, int at) => Vector256.LoadUnsafe(ref At(from), (nuint)at);

    private static void Store(Vector256<float> value, Span<float> to, int at) => value.StoreUnsafe(ref At(to), (nuint)at);

    public override GraphValue AddTo(GraphBuilder graph, ExportSite site) => AddTo(graph, site, "GRU", [OnnxAttribute.Of("linear_before_reset", 1L)]);
}

/// <summary>Long short-term memory: Hochreiter, Schmidhuber (1997) with forget gates (Gers et al. 2000).</summary>
internal sealed record Lstm(int Units) : Recurrent(Units)
{
    private const int Cells = 10, DCells = 11;

    public override string Kind => "lstm";

    /// <summary>Input, output, forget, cell: the order of ONNX.</summary>
    protected override int Gates => 4;

    protected override void Step(Site site, int step, int row, Span<float> inputs, Span<float> states, ReadOnlySpan<float> before, Span<float> state)
    {
        var (n, rows) = (Units, site.Rows);
        var cells = site.Keep(Cells, (site.Shape.Width + 1) * rows * n);
        var old = cells.AsSpan((step * rows + row) * n, n);
        var cell = cells.AsSpan(((step + 1) * rows + row) * n, n);
        if (step == 0)
            old.Clear();
        FloatMath.Add(states, inputs);
        FloatMath.Apply<Squash>(inputs[..(3 * n)], inputs);
        FloatMath.Apply<Bend>(inputs[(3 * n)..], inputs[(3 * n)..]);
        for (var i = 0; i < n; i++)
            cell[i] = inputs[2 * n + i] * old[i] + inputs[i] * inputs[3 * n + i];
        // What the state shows of the cell is kept where the state's share of the gates stood.
        FloatMath.Apply<Bend>(cell, states[..n]);
        for (var i = 0; i < n; i++)
            state[i] = inputs[n + i] * states[i];
    }

    protected override void StepBack(Site site, int step, int row, ReadOnlySpan<float> inputs, ReadOnlySpan<float> states, ReadOnlySpan<float> before, ReadOnlySpan<float> state, Span<float> dInputs, Span<float> dStates, Span<float> passed)
    {
        var (n, rows) = (Units, site.Rows);
        var old = site.Keep(Cells, 0).AsSpan((step * rows + row) * n, n);
        var dCell = site.Keep(DCells, rows * n).AsSpan(row * n, n);
        if (step == site.Shape.Width - 1)
            dCell.Clear();
        for (var i = 0; i < n; i++)
        {
            var (input, output, forget, candidate, shown) = (inputs[i], inputs[n + i], inputs[2 * n + i], inputs[3 * n + i], states[i]);
            var d = dCell[i] + passed[i] * output * (1 - shown * shown);
            dInputs[i] = d * candidate * input * (1 - input);
            dInputs[n + i] = passed[i] * shown * output * (1 - output);
            dInputs[2 * n + i] = d * old[i] * forget * (1 - forget);
            dInputs[3 * n + i] = d * input * (1 - candidate * candidate);
            dCell[i] = d * forget;
        }
        dInputs.CopyTo(dStates);
        passed.Clear();
    }

    public override GraphValue AddTo(GraphBuilder graph, ExportSite site) => AddTo(graph, site, "LSTM", []);

    private readonly struct Squash : IFunction
    {
        public static Vector256<float> Of(Vector256<float> x) => FloatMath.Sigmoid(x);

        public static Vector256<float> Slope(Vector256<float> x, Vector256<float> y) => y * (Vector256<float>.One - y);
    }

    private readonly struct Bend : IFunction
    {
        public static Vector256<float> Of(Vector256<float> x) => FloatMath.Tanh(x);

        public static Vector256<float> Slope(Vector256<float> x, Vector256<float> y) => Vector256<float>.One - y * y;
    }
}
