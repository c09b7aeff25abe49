namespace Dure.Edge.Onnx;

/// <summary>A value inside a graph that is being built; only its builder gives it out.</summary>
public readonly record struct GraphValue(string Name)
{
    /// <summary>An optional input that is left out.</summary>
    public static GraphValue None => new("");
}

/// <summary>
/// Builds an ONNX model step by step: inputs, constants, nodes, outputs. Steps are written in the order of the calls, so the same
/// calls give the same bytes. Opset 17 and ai.onnx.ml 3: what every engine of the last years reads.
/// </summary>
public sealed class GraphBuilder(string name)
{
    private const long StandardOpset = 17;
    private const long MlOpset = 3;

    private readonly List<OnnxNode> nodes = [];
    private readonly List<OnnxTensor> constants = [];
    private readonly List<OnnxValueInfo> inputs = [];
    private readonly List<OnnxValueInfo> outputs = [];
    private readonly SortedDictionary<string, string> metadata = new(StringComparer.Ordinal);
    private readonly HashSet<string> names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> taken = new(StringComparer.Ordinal);
    private string part = "";

    /// <summary>A value that the caller gives at each run.</summary>
    public GraphValue Input(string input, OnnxType type, params ReadOnlySpan<OnnxDimension> dims)
    {
        inputs.Add(new OnnxValueInfo(Claim(input), type, dims.ToArray()));
        return new GraphValue(input);
    }

    /// <summary>A constant tensor, row-major: double, float, long or bool.</summary>
    public GraphValue Constant<T>(string constant, ReadOnlySpan<T> values, params ReadOnlySpan<long> dims) where T : unmanaged
    {
        var named = Claim(part + constant);
        constants.Add(OnnxTensor.Of(named, values, dims));
        return new GraphValue(named);
    }

    /// <summary>Builds a part whose constants have names of their own, so that the same part may be built several times.</summary>
    public GraphValue Part(string name, Func<GraphValue> build)
    {
        var outer = part;
        part += name + "/";
        try
        {
            return build();
        }
        finally
        {
            part = outer;
        }
    }

    /// <summary>A constant without dimensions.</summary>
    public GraphValue Scalar<T>(string constant, T value) where T : unmanaged => Constant(constant, [value]);

    /// <summary>A node of the standard domain with one output, named after the operator unless <paramref name="output"/> says otherwise.</summary>
    public GraphValue Node(string operation, ReadOnlySpan<GraphValue> from, ReadOnlySpan<OnnxAttribute> attributes = default, string? output = null) =>
        Add(OnnxModel.StandardDomain, operation, from, attributes, output);

    /// <summary>A node of <c>ai.onnx.ml</c> with one output.</summary>
    public GraphValue MlNode(string operation, ReadOnlySpan<GraphValue> from, ReadOnlySpan<OnnxAttribute> attributes = default, string? output = null) =>
        Add(OnnxModel.MlDomain, operation, from, attributes, output);

    public GraphValue Add(GraphValue a, GraphValue b) => Node("Add", [a, b]);
    public GraphValue Sub(GraphValue a, GraphValue b) => Node("Sub", [a, b]);
    public GraphValue Mul(GraphValue a, GraphValue b) => Node("Mul", [a, b]);
    public GraphValue Div(GraphValue a, GraphValue b) => Node("Div", [a, b]);
    public GraphValue MatMul(GraphValue a, GraphValue b) => Node("MatMul", [a, b]);
    public GraphValue Where(GraphValue condition, GraphValue then, GraphValue otherwise) => Node("Where", [condition, then, otherwise]);
    public GraphValue IsNaN(GraphValue a) => Node("IsNaN", [a]);
    public GraphValue Clip(GraphValue a, GraphValue low, GraphValue high) => Node("Clip", [a, low, high]);

    /// <summary>Conversion to another element type.</summary>
    public GraphValue Cast(GraphValue a, OnnxType to) => Node("Cast", [a], [OnnxAttribute.Of("to", (long)to)]);

    /// <summary>Sum along axes, whose dimensions stay with size 1 unless told otherwise.</summary>
    public GraphValue ReduceSum(GraphValue a, ReadOnlySpan<long> axes, bool keepDims = true)
    {
        var axesConstant = Constant(Fresh("axes"), axes, axes.Length);
        return Node("ReduceSum", [a, axesConstant], [OnnxAttribute.Of("keepdims", keepDims ? 1L : 0L)]);
    }

    /// <summary>The same elements in another shape; one dimension may be -1.</summary>
    public GraphValue Reshape(GraphValue a, params ReadOnlySpan<long> shape) => Node("Reshape", [a, Constant(Fresh("shape"), shape, shape.Length)]);

    /// <summary>A tree ensemble regressor of <c>ai.onnx.ml</c>; its output is float, [rows, 1].</summary>
    public GraphValue TreeEnsemble(GraphValue rows, TreeTable trees) => MlNode("TreeEnsembleRegressor", [rows], trees.ToAttributes());

    /// <summary>Names a value as an output of the model.</summary>
    public GraphBuilder Output(string output, GraphValue value, OnnxType type, params ReadOnlySpan<OnnxDimension> dims)
    {
        Add(OnnxModel.StandardDomain, "Identity", [value], [], output);
        outputs.Add(new OnnxValueInfo(output, type, dims.ToArray()));
        return this;
    }

    /// <summary>A note in the file: who made it, from what.</summary>
    public GraphBuilder Describe(string key, string value)
    {
        metadata[key] = value;
        return this;
    }

    public OnnxModel Build()
    {
        var opsets = new Dictionary<string, long>(StringComparer.Ordinal) { [OnnxModel.StandardDomain] = StandardOpset };
        if (nodes.Exists(node => node.Domain == OnnxModel.MlDomain))
            opsets[OnnxModel.MlDomain] = MlOpset;
        return new OnnxModel(new OnnxGraph(name, [.. nodes], [.. constants], [.. inputs], [.. outputs]))
        {
            Producer = "dure",
            ProducerVersion = "1",
            Opsets = opsets,
            Metadata = new Dictionary<string, string>(metadata, StringComparer.Ordinal),
        };
    }

    private GraphValue Add(string domain, string operation, ReadOnlySpan<GraphValue> from, ReadOnlySpan<OnnxAttribute> attributes, string? output)
    {
        var made = Claim(output ?? Fresh(operation));
        var sources = new string[from.Length];
        for (var i = 0; i < from.Length; i++)
            sources[i] = from[i].Name.Length == 0 || names.Contains(from[i].Name) ? from[i].Name
                : throw new ArgumentException($"Value '{from[i].Name}' is not of this graph.", nameof(from));
        nodes.Add(new OnnxNode(made, domain, operation, sources, [made], attributes.ToArray()));
        return new GraphValue(made);
    }

    private string Claim(string value) => value.Length > 0 && names.Add(value) ? value : throw new ArgumentException($"The name '{value}' is empty or taken.", nameof(value));

    /// <summary>A name that no value of the graph has yet.</summary>
    public string Fresh(string stem)
    {
        for (var number = taken.GetValueOrDefault(stem) + 1; ; number++)
        {
            if ($"{stem}_{number}" is var candidate && !names.Contains(candidate) && !names.Contains(part + candidate))
            {
                taken[stem] = number;
                return candidate;
            }
        }
    }
}
