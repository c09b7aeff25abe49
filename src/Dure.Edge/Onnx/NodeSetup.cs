using Dure.Kernel;

namespace Dure.Edge.Onnx;

/// <summary>Computes one node: from its inputs (null where one is left out) into its output.</summary>
internal delegate void Step(Slot?[] from, Slot to);

/// <summary>What an operator sees of its node before the first run: the attributes, checked once, and how to complain.</summary>
internal sealed class NodeSetup(OnnxNode node, RunBudget budget)
{
    public RunBudget Budget => budget;

    public string Where { get; } = node.Label;

    public long Int(string name, long otherwise) => Find(name, OnnxAttributeKind.Int)?.Int ?? otherwise;

    public float Float(string name, float otherwise) => Find(name, OnnxAttributeKind.Float)?.Float ?? otherwise;

    public string Text(string name, string otherwise) => Find(name, OnnxAttributeKind.Text)?.Text ?? otherwise;

    public long[]? Ints(string name) => Find(name, OnnxAttributeKind.Ints)?.Ints.ToArray();

    public float[]? Floats(string name) => Find(name, OnnxAttributeKind.Floats)?.Floats.ToArray();

    public string[]? Texts(string name) => Find(name, OnnxAttributeKind.Texts)?.Texts.ToArray();

    public OnnxTensor? Tensor(string name) => Find(name, OnnxAttributeKind.Tensor)?.Tensor;

    public ProblemException Bad(string what) => OnnxProblems.BadShape(what, Where);

    public ProblemException Malformed(string what) => OnnxProblems.Malformed(what, Where);

    public ProblemException Unsupported(string what) => OnnxProblems.Unsupported(what, Where);

    public void Charge(long work) => budget.Charge(work, Where);

    /// <summary>An axis counted from the front; negative ones count from the back.</summary>
    public int Axis(long axis, int rank) => axis >= -rank && axis < rank
        ? (int)(axis < 0 ? axis + rank : axis)
        : throw Bad($"Axis {axis} does not exist in a value of {rank} dimension(s).");

    private OnnxAttribute? Find(string name, OnnxAttributeKind kind)
    {
        foreach (var attribute in node.Attributes)
        {
            if (attribute.Name == name)
                return attribute.Kind == kind ? attribute : throw Malformed($"Attribute '{name}' is of kind {attribute.Kind}; {kind} is needed.");
        }
        return null;
    }
}
