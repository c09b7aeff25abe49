using Dure.Edge.Onnx;
using Dure.Kernel;
using Xunit;

namespace Dure.Tests.Edge;

public sealed class OnnxSessionTests
{
    [Fact]
    public void A_row_and_a_column_are_repeated_as_numpy_does()
    {
        var result = Run("Add", [Column(1, 2), Row(10, 20, 30)]);
        Assert.Equal([11, 21, 31, 12, 22, 32], result.Values);
        Assert.Equal([2, 3], result.Shape);
    }

    [Theory]
    [InlineData("Sub", -2.0)]
    [InlineData("Mul", 8.0)]
    [InlineData("Div", 0.5)]
    [InlineData("Pow", 16.0)]
    [InlineData("Max", 4.0)]
    [InlineData("Min", 2.0)]
    public void Two_numbers_combine(string operation, double expected) => Assert.Equal([expected], Run(operation, [Row(2), Row(4)]).Values);

    [Theory]
    [InlineData("Sqrt", 4.0, 2.0)]
    [InlineData("Exp", 0.0, 1.0)]
    [InlineData("Log", 1.0, 0.0)]
    [InlineData("Neg", 3.0, -3.0)]
    [InlineData("Abs", -3.0, 3.0)]
    [InlineData("Relu", -3.0, 0.0)]
    [InlineData("Sigmoid", 0.0, 0.5)]
    [InlineData("Tanh", 0.0, 0.0)]
    [InlineData("Identity", 7.0, 7.0)]
    public void One_number_is_changed(string operation, double given, double expected) => Assert.Equal([expected], Run(operation, [Row(given)]).Values);

    [Fact]
    public void A_matrix_is_multiplied_with_another()
    {
        var graph = new GraphBuilder("product");
        var a = graph.Input("x", OnnxType.Double, 2, 3);
        var b = graph.Constant<double>("b", [1, 2, 3, 4, 5, 6], 3, 2);
        var session = OnnxSession.Create(graph.Output("y", graph.MatMul(a, b), OnnxType.Double, 2, 2).Build());
        session.Set<double>("x", [1, 0, 1, 0, 1, 0], 2, 3);
        session.Run();
        Assert.Equal([6, 8, 3, 4], session.Get<double>("y").ToArray());
    }

    [Fact]
    public void Gemm_turns_scales_and_adds()
    {
        var result = Run("Gemm", [(new double[] { 1, 2, 3, 4 }, [2, 2]), (new double[] { 1, 0, 0, 1 }, [2, 2]), Row(10, 20)],
            OnnxAttribute.Of("transA", 1L), OnnxAttribute.Of("alpha", 2f), OnnxAttribute.Of("beta", 0.5f));
        Assert.Equal([7, 16, 9, 18], result.Values);
    }

    [Fact]
    public void Sums_means_and_maxima_go_along_the_axes_asked_for()
    {
        var matrix = (new double[] { 1, 2, 3, 4, 5, 9 }, new int[] { 2, 3 });
        Assert.Equal([6, 18], Run("ReduceSum", [matrix], [[1]], OnnxAttribute.Of("keepdims", 0L)).Values);
        Assert.Equal([2.5, 3.5, 6], Run("ReduceMean", [matrix], OnnxAttribute.Of("axes", new long[] { 0 })).Values);
        Assert.Equal([9], Run("ReduceMax", [matrix], OnnxAttribute.Of("axes", new long[] { -1, -2 })).Values);
        Assert.Equal([1, 1], Run("ReduceSum", [matrix], [[0, 1]]).Shape);
    }

    [Fact]
    public void Shapes_are_turned_joined_and_renamed()
    {
        var matrix = (new double[] { 1, 2, 3, 4, 5, 6 }, new int[] { 2, 3 });
        Assert.Equal([1, 4, 2, 5, 3, 6], Run("Transpose", [matrix]).Values);
        Assert.Equal([3, 2], Run("Reshape", [matrix], [[-1, 2]]).Shape);
        Assert.Equal([2, 1, 3], Run("Unsqueeze", [matrix], [[1]]).Shape);
        Assert.Equal([2, 4], Run("Concat", [matrix, Column(8, 9)], OnnxAttribute.Of("axis", 1L)).Shape);
        Assert.Equal([1, 2, 3, 8, 4, 5, 6, 9], Run("Concat", [matrix, Column(8, 9)], OnnxAttribute.Of("axis", 1L)).Values);
        Assert.Equal([3, 1, 6, 4], Run("Gather", [matrix], [[-1, 0]], OnnxAttribute.Of("axis", 1L)).Values);
    }

    [Fact]
    public void Softmax_sums_to_one_along_its_axis()
    {
        var result = Run("Softmax", [(new double[] { 1, 1000, 1, 1000 }, [2, 2])], OnnxAttribute.Of("axis", 0L));
        Assert.Equal([0.5, 0.5, 0.5, 0.5], result.Values);
    }

    [Fact]
    public void A_choice_follows_a_comparison_and_conversions_keep_the_number()
    {
        var graph = new GraphBuilder("choice");
        var x = graph.Input("x", OnnxType.Double, 1, 3);
        var known = graph.Where(graph.IsNaN(x), graph.Scalar("mean", 5.0), x);
        var isHigh = graph.Node("Greater", [known, graph.Scalar("limit", 4.0)]);
        graph.Output("y", graph.Cast(graph.Cast(isHigh, OnnxType.Int64), OnnxType.Double), OnnxType.Double, 1, 3);
        var session = OnnxSession.Create(graph.Build());
        session.Set<double>("x", [double.NaN, 4, 4.5], 1, 3);
        session.Run();
        Assert.Equal([1, 0, 1], session.Get<double>("y").ToArray());
    }

    [Fact]
    public void Trees_are_walked_to_the_leaf_and_summed()
    {
        var trees = new TreeTable().Split(0, 0, feature: 0, cut: 1.5f, atMost: 1, above: 2).Leaf(0, 1, 10).Leaf(0, 2, 20)
            .Split(1, 0, feature: 1, cut: 0, atMost: 1, above: 2).Leaf(1, 1, 1).Leaf(1, 2, 2);
        var graph = new GraphBuilder("forest");
        var session = OnnxSession.Create(graph.Output("y", graph.TreeEnsemble(graph.Input("x", OnnxType.Double, new OnnxDimension(null, "rows"), 2), trees), OnnxType.Float, new OnnxDimension(null), 1).Build());
        session.Set<double>("x", [1.5, 1, 2, -1, double.NaN, 0], 3, 2);
        session.Run();
        Assert.Equal([12f, 21f, 21f], session.Get<float>("y").ToArray());
    }

    [Fact]
    public void A_scaler_scales_each_column()
    {
        var graph = new GraphBuilder("scaler");
        var y = graph.MlNode("Scaler", [graph.Input("x", OnnxType.Double, 1, 2)], [OnnxAttribute.Of("offset", new[] { 1f, 2f }), OnnxAttribute.Of("scale", new[] { 2f, 0.5f })]);
        var session = OnnxSession.Create(graph.Output("y", y, OnnxType.Float, 1, 2).Build());
        session.Set<double>("x", [3, 4], 1, 2);
        session.Run();
        Assert.Equal([4f, 1f], session.Get<float>("y").ToArray());
    }

    [Fact]
    public void All_missing_operators_are_named_before_any_run()
    {
        var graph = new GraphBuilder("unknown");
        var x = graph.Input("x", OnnxType.Double, 1);
        graph.Output("y", graph.Node("Einsum", [graph.Node("Scan", [x], output: "memory")], output: "sums"), OnnxType.Double, 1);
        Assert.False(OnnxSession.TryCreate(graph.Build(), out _, out var missing));
        Assert.Equal(["Scan", "Einsum"], missing.Select(one => one.OpType));
        Assert.Equal(["node 'memory' (Scan)", "node 'sums' (Einsum)"], missing.Select(one => one.Node));
    }

    [Fact]
    public void A_shape_that_does_not_fit_is_refused_and_names_the_node()
    {
        var refused = Assert.Throws<ProblemException>(() => Run("Add", [Row(1, 2), Row(1, 2, 3)]));
        Assert.Equal("urn:dure:edge:onnx-bad-shape", refused.Problem.Type);
        Assert.Contains("Add", refused.Problem.Where, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_takes_no_memory_after_the_first()
    {
        var session = OnnxSession.Create(SampleModels.Distance(["a", "b", "c"], [0, 0, 0]));
        session.Set<double>("state", [0, 0, 0], 1, 3);
        session.Set<double>("x", [1, 2, 3], 1, 3);
        session.Run();
        const int Runs = 10_000;
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Runs; i++)
            session.Run();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, Runs); // less than a byte a run: the runtime may compile the method anew meanwhile
    }

    private static (double[], int[]) Row(params double[] values) => (values, [1, values.Length]);

    private static (double[], int[]) Column(params double[] values) => (values, [values.Length, 1]);

    private static (double[] Values, int[] Shape) Run(string operation, (double[] Values, int[] Shape)[] inputs, params OnnxAttribute[] attributes) =>
        Run(operation, inputs, [], attributes);

    private static (double[] Values, int[] Shape) Run(string operation, (double[] Values, int[] Shape)[] inputs, long[][] lists, params OnnxAttribute[] attributes)
    {
        var graph = new GraphBuilder("test");
        GraphValue[] from =
        [
            .. inputs.Select((input, i) => graph.Input($"x{i}", OnnxType.Double, [.. input.Shape.Select(dim => new OnnxDimension(dim))])),
            .. lists.Select((list, i) => graph.Constant<long>($"list{i}", list, list.Length)),
        ];
        graph.Output("y", graph.Node(operation, from, attributes), OnnxType.Double);
        var session = OnnxSession.Create(OnnxModel.Read(graph.Build().Write()));
        for (var i = 0; i < inputs.Length; i++)
            session.Set<double>($"x{i}", inputs[i].Values, inputs[i].Shape);
        session.Run();
        return (session.Get<double>("y").ToArray(), session.ShapeOf("y").ToArray());
    }
}
