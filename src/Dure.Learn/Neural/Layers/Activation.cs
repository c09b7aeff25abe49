using System.Runtime.Intrinsics;
using Dure.Edge.Onnx;

namespace Dure.Learn.Neural;

internal enum ActivationFunction
{
    Relu,
    LeakyRelu,
    Tanh,
    Sigmoid,
    Swish,
    Gelu,
}

/// <summary>A function of each number alone.</summary>
internal sealed record Activation(ActivationFunction Function) : Layer
{
    public override string Kind => "activation";

    public override Shape Infer(IReadOnlyList<Shape> inputs) => Enum.IsDefined(Function) ? Dense.Single(inputs) : throw Shape.Bad($"There is no function {Function}.", "activation");

    public override void Forward(Site site)
    {
        switch (Function)
        {
            case ActivationFunction.Relu: FloatMath.Apply<Relu>(site.Input(), site.Value); break;
            case ActivationFunction.LeakyRelu: FloatMath.Apply<LeakyRelu>(site.Input(), site.Value); break;
            case ActivationFunction.Tanh: FloatMath.Apply<Tanh>(site.Input(), site.Value); break;
            case ActivationFunction.Sigmoid: FloatMath.Apply<Sigmoid>(site.Input(), site.Value); break;
            case ActivationFunction.Swish: FloatMath.Apply<Swish>(site.Input(), site.Value); break;
            default: FloatMath.Apply<Gelu>(site.Input(), site.Value); break;
        }
    }

    public override void Backward(Site site)
    {
        if (!site.Wants())
            return;
        var to = site.InputGradient();
        switch (Function)
        {
            case ActivationFunction.Relu: FloatMath.AddSlope<Relu>(site.Input(), site.Value, site.Gradient, to); break;
            case ActivationFunction.LeakyRelu: FloatMath.AddSlope<LeakyRelu>(site.Input(), site.Value, site.Gradient, to); break;
            case ActivationFunction.Tanh: FloatMath.AddSlope<Tanh>(site.Input(), site.Value, site.Gradient, to); break;
            case ActivationFunction.Sigmoid: FloatMath.AddSlope<Sigmoid>(site.Input(), site.Value, site.Gradient, to); break;
            case ActivationFunction.Swish: FloatMath.AddSlope<Swish>(site.Input(), site.Value, site.Gradient, to); break;
            default: FloatMath.AddSlope<Gelu>(site.Input(), site.Value, site.Gradient, to); break;
        }
    }

    public override GraphValue AddTo(GraphBuilder graph, ExportSite site)
    {
        var x = site.Input;
        GraphValue number(string name, float value) => graph.Scalar($"{site.Name}_{name}", value);
        return Function switch
        {
            ActivationFunction.Relu => graph.Node("Relu", [x]),
            ActivationFunction.LeakyRelu => graph.Node("Max", [x, graph.Mul(x, number("slope", LeakyRelu.Below))]),
            ActivationFunction.Tanh => graph.Node("Tanh", [x]),
            ActivationFunction.Sigmoid => graph.Node("Sigmoid", [x]),
            ActivationFunction.Swish => graph.Mul(x, graph.Node("Sigmoid", [x])),
            // x sigmoid(2 u) = x (1 + tanh u) / 2
            _ => graph.Mul(x, graph.Node("Sigmoid", [graph.Mul(graph.Add(x, graph.Mul(graph.Mul(x, graph.Mul(x, x)), number("cubic", Gelu.Cubic))), number("scale", Gelu.Scale))])),
        };
    }

    private readonly struct Relu : IFunction
    {
        public static Vector256<float> Of(Vector256<float> x) => Vector256.Max(x, Vector256<float>.Zero);

        public static Vector256<float> Slope(Vector256<float> x, Vector256<float> y) => Vector256.GreaterThan(x, Vector256<float>.Zero) & Vector256<float>.One;
    }

    private readonly struct LeakyRelu : IFunction
    {
        public const float Below = 0.01f;

        public static Vector256<float> Of(Vector256<float> x) => Vector256.Max(x, x * Below);

        public static Vector256<float> Slope(Vector256<float> x, Vector256<float> y) =>
            Vector256.ConditionalSelect(Vector256.GreaterThan(x, Vector256<float>.Zero), Vector256<float>.One, Vector256.Create(Below));
    }

    private readonly struct Tanh : IFunction
    {
        public static Vector256<float> Of(Vector256<float> x) => FloatMath.Tanh(x);

        public static Vector256<float> Slope(Vector256<float> x, Vector256<float> y) => Vector256<float>.One - y * y;
    }

    private readonly struct Sigmoid : IFunction
    {
        public static Vector256<float> Of(Vector256<float> x) => FloatMath.Sigmoid(x);

        public static Vector256<float> Slope(Vector256<float> x, Vector256<float> y) => y * (Vector256<float>.One - y);
    }

    private readonly struct Swish : IFunction
    {
        public static Vector256<float> Of(Vector256<float> x) => x * FloatMath.Sigmoid(x);

        public static Vector256<float> Slope(Vector256<float> x, Vector256<float> y)
        {
            var s = FloatMath.Sigmoid(x);
            return s + y * (Vector256<float>.One - s);
        }
    }

    /// <summary>With the tangent in place of the error function: Hendrycks, Gimpel (2016), section 2.</summary>
    private readonly struct Gelu : IFunction
    {
        public const float Cubic = 0.044715f;

        /// <summary>2 sqrt(2 / pi).</summary>
        public const float Scale = 1.5957691216f;

        public static Vector256<float> Of(Vector256<float> x) => x * FloatMath.Sigmoid((x + x * x * x * Cubic) * Scale);

        public static Vector256<float> Slope(Vector256<float> x, Vector256<float> y)
        {
            var s = FloatMath.Sigmoid((x + x * x * x * Cubic) * Scale);
            return s + x * s * (Vector256<float>.One - s) * (Vector256<float>.One + x * x * (3 * Cubic)) * Scale;
        }
    }
}
