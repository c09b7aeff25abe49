namespace Dure.Edge.Onnx;

/// <summary>Runs an ONNX model.</summary>
public sealed partial class OnnxSession
{
    /// <summary>Dimensions of the tensors that a session holds.</summary>
    public const int MaxRank = 8;
}
