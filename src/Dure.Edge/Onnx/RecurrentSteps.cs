namespace Dure.Edge.Onnx;

/// <summary>GRU and LSTM in one direction with their standard functions, on floats; of their outputs only the first, the state of every step.</summary>
internal static class RecurrentSteps
{
    public static Step Gru(NodeSetup node)
    {
        if (node.Int("linear_before_reset", 0) == 0)
            throw node.Unsupported("It resets before the product (linear_before_reset = 0).");
        return Each(node, 3, static (inputs, states, before, _, state) =>
        {
            var n = state.Length;
            for (var i = 0; i < n; i++)
            {
                var z = Logistic(inputs[i] + states[i]);
                var candidate = MathF.Tanh(inputs[2 * n + i] + Logistic(inputs[n + i] + states[n + i]) * states[2 * n + i]);
                state[i] = (1 - z) * candidate + z * before[i];
            }
        });
    }

    public static Step Lstm(NodeSetup node) => Each(node, 4, static (inputs, states, _, cells, state) =>
    {
        var n = state.Length;
        for (var i = 0; i < n; i++)
        {
            var (input, output, forget) = (Logistic(inputs[i] + states[i]), Logistic(inputs[n + i] + states[n + i]), Logistic(inputs[2 * n + i] + states[2 * n + i]));
            cells[i] = forget * cells[i] + input * MathF.Tanh(inputs[3 * n + i] + states[3 * n + i]);
            state[i] = output * MathF.Tanh(cells[i]);
        }
    });

    /// <summary>One step of one example: what the inputs and the state before say of each gate; the cells are changed in place.</summary>
    private delegate void Advance(ReadOnlySpan<float> inputs, ReadOnlySpan<float> states, ReadOnlySpan<float> before, Span<float> cells, Span<float> state);

    private static Step Each(NodeSetup node, int gates, Advance advance)
    {
        if (node.Text("direction", "forward") != "forward" || node.Int("layout", 0) != 0 || node.Texts("activations") is not null || node.Int("input_forget", 0) != 0 || node.Float("clip", 0) != 0)
            throw node.Unsupported("It runs in another direction or layout, or with other functions, than the standard ones.");
        return (from, to) =>
        {
            var (x, ofInputs, ofStates, offsets) = (from[0]!, from[1]!, from[2]!, from.Length > 3 ? from[3] : null);
            if (x.Rank != 3 || ofInputs.Rank != 3 || ofStates.Rank != 3)
                throw node.Bad($"It reads {x.Shape} with {ofInputs.Shape} and {ofStates.Shape}.");
            var (steps, rows, inner, n) = (x.Dims[0], x.Dims[1], x.Dims[2], ofStates.Dims[2]);
            if (ofInputs.Dims[0] != 1 || ofInputs.Dims[1] != (long)gates * n || ofInputs.Dims[2] != inner || ofStates.Dims[0] != 1 || ofStates.Dims[1] != (long)gates * n || (offsets is not null && offsets.Count != 2L * gates * n))
                throw node.Bad($"It reads {x.Shape} with {ofInputs.Shape} and {ofStates.Shape}.");
            var result = to.Resize(OnnxType.Float, steps, 1, rows, n).As<float>();
            node.Charge((long)steps * rows * gates * n * (inner + n));
            var (inputs, states, cells, zero) = (new float[gates * n], new float[gates * n], new float[rows * n], new float[n]);
            for (var at = 0; at < steps * rows; at++)
            {
                var before = at < rows ? zero : result.Slice((at - rows) * n, n);
                var both = offsets is null ? default : offsets.As<float>();
                Apply(ofInputs.As<float>(), x.As<float>().Slice(at * inner, inner), both.IsEmpty ? both : both[..(gates * n)], inputs);
                Apply(ofStates.As<float>(), before, both.IsEmpty ? both : both[(gates * n)..], states);
                advance(inputs, states, before, cells.AsSpan(at % rows * n, n), result.Slice(at * n, n));
            }
        };
    }

    private static void Apply(ReadOnlySpan<float> matrix, ReadOnlySpan<float> vector, ReadOnlySpan<float> offsets, Span<float> to)
    {
        for (var i = 0; i < to.Length; i++)
        {
            var row = matrix.Slice(i * vector.Length, vector.Length);
            var sum = offsets.IsEmpty ? 0 : offsets[i];
            for (var j = 0; j < row.Length; j++)
                sum += row[j] * vector[j];
            to[i] = sum;
        }
    }

    private static float Logistic(float x) => 1 / (1 + MathF.Exp(-x));
}
