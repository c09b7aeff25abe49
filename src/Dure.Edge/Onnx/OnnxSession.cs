using System.Diagnostics.CodeAnalysis;
using Dure.Kernel;

namespace Dure.Edge.Onnx;

/// <summary>An operator that a model needs and the session does not have.</summary>
/// <param name="Domain">Empty for the standard operators.</param>
/// <param name="Node">Which node needs it.</param>
public sealed record UnsupportedOperator(string Domain, string OpType, string Node);

/// <summary>
/// Runs an ONNX model: set the inputs, run, read the outputs. Memory is taken once and used again by each run. For one thread at a
/// time; make a session per thread from the same model.
/// </summary>
public sealed class OnnxSession
{
    /// <summary>Dimensions of the tensors that a session holds.</summary>
    public const int MaxRank = 8;

    private const long OldestOpset = 13, NewestOpset = 22;
    private const long OldestMlOpset = 1, NewestMlOpset = 4;

    private readonly RunBudget budget;
    private readonly Dictionary<string, Slot> slots = new(StringComparer.Ordinal);
    private readonly Slot[] given;
    private readonly List<(Step Step, Slot?[] From, Slot To)> steps = [];

    private OnnxSession(OnnxModel model, OnnxLimits limits)
    {
        budget = new RunBudget(limits);
        var graph = model.Graph;
        foreach (var tensor in graph.Initializers)
            Place(tensor.Name, "initializer").Load(tensor);
        Inputs = [.. graph.Inputs.Where(input => !slots.ContainsKey(input.Name))]; // old files list their constants as inputs too
        given = [.. Inputs.Select(input => Place(input.Name, "input"))];
        foreach (var node in graph.Nodes)
            steps.Add(Compile(node));
        Outputs = graph.Outputs;
        foreach (var output in Outputs)
            Find(output.Name, "ONNX graph");
    }

    /// <summary>What the caller gives at each run.</summary>
    public IReadOnlyList<OnnxValueInfo> Inputs { get; }

    public IReadOnlyList<OnnxValueInfo> Outputs { get; }

    /// <summary>Prepares a model. Where operators are missing, the answer is false and <paramref name="missing"/> lists all of them.</summary>
    /// <exception cref="ProblemException">The graph contradicts itself.</exception>
    public static bool TryCreate(OnnxModel model, [NotNullWhen(true)] out OnnxSession? session, out IReadOnlyList<UnsupportedOperator> missing, OnnxLimits? limits = null)
    {
        session = null;
        missing = [.. model.Graph.Nodes.Where(node => OperatorCatalog.Find(node) is null).Select(node => new UnsupportedOperator(node.Domain, node.OpType, node.Label))];
        if (missing.Count > 0)
            return false;
        CheckOpset(model, OnnxModel.StandardDomain, OldestOpset, NewestOpset);
        CheckOpset(model, OnnxModel.MlDomain, OldestMlOpset, NewestMlOpset);
        session = new OnnxSession(model, limits ?? OnnxLimits.Default);
        return true;
    }

    /// <summary>Prepares a model, or says what is missing in an exception.</summary>
    public static OnnxSession Create(OnnxModel model, OnnxLimits? limits = null) => TryCreate(model, out var session, out var missing, limits)
        ? session
        : throw OnnxProblems.Unsupported($"The session does not have: {string.Join("; ", missing.Select(one => $"{one.OpType} ({one.Node})").Take(20))}.", "ONNX graph");

    /// <summary>Gives an input its value for the next runs.</summary>
    public void Set<T>(string input, ReadOnlySpan<T> values, params ReadOnlySpan<int> shape) where T : unmanaged
    {
        var declared = Inputs.FirstOrDefault(one => one.Name == input) ?? throw OnnxProblems.BadShape("The model has no such input.", $"input '{input}'");
        if (declared.Type != OnnxTypes.Of<T>())
            throw OnnxProblems.BadShape($"It is {declared.Type}, not {OnnxTypes.Of<T>()}.", $"input '{input}'");
        var fits = declared.Dims is null || declared.Dims.Count == shape.Length;
        for (var i = 0; fits && declared.Dims is not null && i < shape.Length; i++)
            fits = declared.Dims[i].Size is not { } size || size == shape[i];
        if (!fits)
            throw OnnxProblems.BadShape($"It has the shape [{string.Join(',', declared.Dims!)}], not [{string.Join(',', shape.ToArray())}].", $"input '{input}'");
        var target = slots[input].Resize(declared.Type, shape).As<T>();
        if (target.Length != values.Length)
            throw OnnxProblems.BadShape($"{values.Length} values are not the {target.Length} of its shape.", $"input '{input}'");
        values.CopyTo(target);
    }

    /// <summary>Computes the outputs. It cannot be interrupted and need not be: <see cref="OnnxLimits.MaxRunOperations"/> bounds it.</summary>
    public void Run()
    {
        foreach (var slot in given)
        {
            if (!slot.IsSet)
                throw OnnxProblems.BadShape("It has no value yet.", $"input '{slot.Name}'");
        }
        budget.Restart();
        foreach (var (step, from, to) in steps)
            step(from, to);
    }

    /// <summary>An output of the last run, row-major; good until the next run.</summary>
    public ReadOnlySpan<T> Get<T>(string output) where T : unmanaged => Output(output).As<T>();

    public ReadOnlySpan<int> ShapeOf(string output) => Output(output).Dims;

    /// <summary>The element type that the last run gave.</summary>
    public OnnxType TypeOf(string output) => Output(output).Type;

    private Slot Output(string name) => Outputs.Any(one => one.Name == name) ? slots[name] : throw OnnxProblems.BadShape("The model has no such output.", $"output '{name}'");

    private (Step Step, Slot?[] From, Slot To) Compile(OnnxNode node)
    {
        var known = OperatorCatalog.Find(node)!; // TryCreate has looked
        var setup = new NodeSetup(node, budget);
        if (node.Inputs.Count < known.LeastInputs || node.Inputs.Count > known.MostInputs || node.Outputs.Count(output => output.Length > 0) != 1 || node.Outputs[0].Length == 0)
            throw setup.Malformed($"It has {node.Inputs.Count} inputs and {node.Outputs.Count} outputs.");
        var from = new Slot?[node.Inputs.Count];
        for (var i = 0; i < from.Length; i++)
        {
            if (node.Inputs[i].Length == 0 && i < Math.Max(known.LeastInputs, known.MostInputs == int.MaxValue ? from.Length : 0))
                throw setup.Malformed($"Input {i} is left out.");
            from[i] = node.Inputs[i].Length == 0 ? null : Find(node.Inputs[i], node.Label);
        }
        return (known.Compile(setup), from, Place(node.Outputs[0], node.Label));
    }

    private Slot Place(string name, string where)
    {
        var slot = new Slot(name, budget);
        return name.Length > 0 && slots.TryAdd(name, slot) ? slot : throw OnnxProblems.Malformed($"The name '{name}' is empty or given twice.", where);
    }

    private Slot Find(string name, string where) => slots.TryGetValue(name, out var slot) ? slot
        : throw OnnxProblems.Malformed($"Value '{name}' is used before anything makes it.", where);

    private static void CheckOpset(OnnxModel model, string domain, long oldest, long newest)
    {
        if (!model.Graph.Nodes.Any(node => node.Domain == domain))
            return;
        var version = model.Opsets.GetValueOrDefault(domain);
        if (version < oldest || version > newest)
            throw OnnxProblems.Unsupported($"It uses version {version} of the {(domain.Length == 0 ? "standard" : domain)} operators; {oldest} to {newest} are known.", "ONNX model");
    }
}
