using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Kernel;
using Dure.Learn.Learners;

namespace Dure.Learn.Calibration;

/// <summary>What the files of calibrations share.</summary>
internal static class CalibrationFile
{
    private const int MostBytes = 64 << 20;

    /// <exception cref="ProblemException">The bytes are no JSON object, or too many.</exception>
    public static JsonObject Parse(ReadOnlySpan<byte> file)
    {
        ModelFile.Must(file.Length <= MostBytes, "it is too large");
        var bytes = file.ToArray();
        return ModelFile.Checked(() => JsonNode.Parse(bytes, documentOptions: new JsonDocumentOptions { MaxDepth = 16 })!.AsObject());
    }
}
