using Dure.Kernel;

namespace Dure.Edge.Onnx;

/// <summary>The ways in which a model can be refused, each with its name and its mend.</summary>
internal static class OnnxProblems
{
    public static ProblemException Malformed(string what, string where, Exception? cause = null) => new("urn:dure:edge:onnx-malformed", what, where,
        "Export the model again; if it comes from elsewhere, compare its hash with the source's.", cause);

    public static ProblemException TooLarge(string what, string where) => new("urn:dure:edge:onnx-too-large", what, where,
        "Make the model smaller, or raise the limit in OnnxLimits where the machine has room.");

    public static ProblemException BadShape(string what, string where) => new("urn:dure:edge:onnx-bad-shape", what, where,
        "Check the shapes in the program that exported the model.");

    public static ProblemException Unsupported(string what, string where) => new("urn:dure:edge:onnx-unsupported", what, where,
        "Export with what the session runs: float, double, int64 and bool tensors and the operators of OperatorCatalog.");

    public static ProblemException External(string tensor) => new("urn:dure:edge:onnx-external-data", "Its data lies in another file.", $"tensor '{tensor}'",
        "Save the model as one file, with the weights inside.");
}
