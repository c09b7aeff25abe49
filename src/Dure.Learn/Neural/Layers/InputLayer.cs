using Dure.Edge.Onnx;

namespace Dure.Learn.Neural;

/// <summary>Where examples come in.</summary>
internal sealed record InputLayer : Layer
{
    public required Shape Shape { get; init; }

    public override string Kind => "input";

    public override Shape Infer(IReadOnlyList<Shape> inputs) => inputs.Count == 0 ? Shape : throw Shape.Bad("It takes from other layers.", "input");

    public override void Forward(Site site)
    {
    }

    public override void Backward(Site site)
    {
    }

    public override GraphValue AddTo(GraphBuilder graph, ExportSite site) => throw new InvalidOperationException("The input is given to the graph.");
}
