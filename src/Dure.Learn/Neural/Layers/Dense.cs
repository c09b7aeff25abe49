using Dure.Edge.Onnx;

namespace Dure.Learn.Neural;

/// <summary>y = x W + b at every position.</summary>
internal sealed record Dense(int Units) : Layer
{
    /// <summary>Rows of a product whose right side still lies in the second cache when it is read again.</summary>
    private const int Block = 256;

    public override string Kind => "dense";

    public override Shape Infer(IReadOnlyList<Shape> inputs) => Single(inputs) with { Channels = Units };

    public override IReadOnlyList<Weights> Learns(IReadOnlyList<Shape> inputs) =>
        [new(inputs[0].Channels, Units, inputs[0].Channels, IsDecayed: true), new(1, Units, 0)];

    public override unsafe void Forward(Site site)
    {
        var inner = site.InputShape.Channels;
        FloatMath.Repeat(site.Weight(1), site.Value);
        Gemm.Multiply(Left.Rows(site.InputAt(), inner, inner), site.Packed(0, 0, inner, Units), site.ValueAt, Units, site.Places, add: true);
    }

    public override unsafe void Backward(Site site)
    {
        var inner = site.InputShape.Channels;
        FloatMath.AddColumns(site.Gradient, Units, site.WeightGradient(1));
        AddProductOfColumns(site.InputAt(), inner, site.Gradient, Units, site.Places, site.Scratch(1), site.WeightGradientAt(0));
        if (!site.Wants())
            return;
        var gradient = site.ClaimGradient(0, out var add);
        Gemm.Multiply(Left.Rows(site.GradientAt, Units, Units), site.Packed(2, 0, Units, inner, turned: true), gradient, inner, site.Places, add);
    }

    /// <summary>to += x' d, where x has <paramref name="inner"/> and d <paramref name="columns"/> columns: the gradient of a weight.</summary>
    public static unsafe void AddProductOfColumns(float* x, int inner, ReadOnlySpan<float> d, int columns, int rows, Panels scratch, float* to)
    {
        for (var first = 0; first < rows; first += Block)
        {
            var count = Math.Min(Block, rows - first);
            scratch.Pack(d[(first * columns)..], columns, count, columns);
            Gemm.Multiply(Left.Turned(x + (long)first * inner, inner, count), scratch, to, columns, inner, add: true);
        }
    }

    public override GraphValue AddTo(GraphBuilder graph, ExportSite site) =>
        graph.Add(graph.MatMul(site.Input, site.Constant(graph, 0, site.InputShapes[0].Channels, Units)), site.Constant(graph, 1, Units));

    internal static Shape Single(IReadOnlyList<Shape> inputs) => inputs.Count == 1 ? inputs[0] : throw Shape.Bad($"It takes one input, not {inputs.Count}.", "a layer");
}
