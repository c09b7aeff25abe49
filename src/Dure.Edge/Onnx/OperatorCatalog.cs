namespace Dure.Edge.Onnx;

/// <summary>The operators that the session runs, with the number of inputs each takes. All of them have one output.</summary>
public static class OperatorCatalog
{
    private const int Many = int.MaxValue;

    private static readonly Dictionary<(string Domain, string Name), Operator> Known = new()
    {
        [("", "Abs")] = new(1, 1, Elementwise.Unary<Magnitude>),
        [("", "Add")] = new(2, 2, Elementwise.Binary<Plus>),
        [("", "AveragePool")] = new(1, 1, Sliding.AveragePool),
        [("", "Cast")] = new(1, 1, Conversion.Cast),
        [("", "Clip")] = new(1, 3, Elementwise.Clip),
        [("", "Concat")] = new(1, Many, Rearrange.Concat),
        [("", "Constant")] = new(0, 0, Rearrange.Constant),
        [("", "Conv")] = new(2, 3, Sliding.Conv),
        [("", "Div")] = new(2, 2, Elementwise.Binary<Divide>),
        [("", "Equal")] = new(2, 2, Elementwise.Compare<IsEqual>),
        [("", "Exp")] = new(1, 1, Elementwise.FloatUnary<Exponential>),
        [("", "Gather")] = new(2, 2, Rearrange.Gather),
        [("", "GRU")] = new(3, 4, RecurrentSteps.Gru),
        [("", "Gemm")] = new(2, 3, Linear.Gemm),
        [("", "Greater")] = new(2, 2, Elementwise.Compare<IsGreater>),
        [("", "GreaterOrEqual")] = new(2, 2, Elementwise.Compare<IsAtLeast>),
        [("", "Identity")] = new(1, 1, Elementwise.Identity),
        [("", "IsNaN")] = new(1, 1, Elementwise.IsNaN),
        [("", "LSTM")] = new(3, 4, RecurrentSteps.Lstm),
        [("", "Less")] = new(2, 2, Elementwise.Compare<IsLess>),
        [("", "LessOrEqual")] = new(2, 2, Elementwise.Compare<IsAtMost>),
        [("", "Log")] = new(1, 1, Elementwise.FloatUnary<NaturalLog>),
        [("", "MatMul")] = new(2, 2, Linear.MatMul),
        [("", "Max")] = new(1, Many, Elementwise.Fold<Larger>),
        [("", "MaxPool")] = new(1, 1, Sliding.MaxPool),
        [("", "Min")] = new(1, Many, Elementwise.Fold<Smaller>),
        [("", "Mul")] = new(2, 2, Elementwise.Binary<Times>),
        [("", "Neg")] = new(1, 1, Elementwise.Unary<Negated>),
        [("", "Not")] = new(1, 1, Elementwise.Not),
        [("", "Pow")] = new(2, 2, Elementwise.Pow),
        [("", "ReduceMax")] = new(1, 2, node => Reduction.Reduce(node, ReductionKind.Max)),
        [("", "ReduceMean")] = new(1, 2, node => Reduction.Reduce(node, ReductionKind.Mean)),
        [("", "ReduceSum")] = new(1, 2, node => Reduction.Reduce(node, ReductionKind.Sum)),
        [("", "Relu")] = new(1, 1, Elementwise.Unary<Positive>),
        [("", "Reshape")] = new(2, 2, Rearrange.Reshape),
        [("", "Sigmoid")] = new(1, 1, Elementwise.FloatUnary<Logistic>),
        [("", "Softmax")] = new(1, 1, Reduction.Softmax),
        [("", "Sqrt")] = new(1, 1, Elementwise.FloatUnary<Root>),
        [("", "Squeeze")] = new(1, 2, Rearrange.Squeeze),
        [("", "Sub")] = new(2, 2, Elementwise.Binary<Minus>),
        [("", "Tanh")] = new(1, 1, Elementwise.FloatUnary<HyperbolicTangent>),
        [("", "Transpose")] = new(1, 1, Rearrange.Transpose),
        [("", "Unsqueeze")] = new(2, 2, Rearrange.Unsqueeze),
        [("", "Where")] = new(3, 3, Rearrange.Where),
        [(OnnxModel.MlDomain, "Scaler")] = new(1, 1, Linear.Scaler),
        [(OnnxModel.MlDomain, "TreeEnsembleRegressor")] = new(1, 1, TreeEnsemble.Compile),
    };

    /// <summary>Names of all operators, those of other domains as <c>domain.Name</c>.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. Known.Keys.Select(key => key.Domain.Length == 0 ? key.Name : $"{key.Domain}.{key.Name}").Order(StringComparer.Ordinal)];

    internal static Operator? Find(OnnxNode node) => Known.GetValueOrDefault((node.Domain, node.OpType));

    internal sealed record Operator(int LeastInputs, int MostInputs, Func<NodeSetup, Step> Compile);
}
