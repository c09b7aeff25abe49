using Dure.Edge.Onnx;
using Dure.Learn.Learners;
using Dure.Learn.Tables;

namespace Dure.Tests.Learn;

/// <summary>Runs a model as it was exported, in our own runner.</summary>
internal static class OnnxCheck
{
    public static double[] Predict(TableModel model, FeatureTable table)
    {
        var session = OnnxSession.Create(OnnxModel.Read(model.ToOnnx("check").Write()));
        var rows = new float[table.Rows * table.Columns.Count];
        for (var row = 0; row < table.Rows; row++)
            table.CopyRow(row, rows.AsSpan(row * table.Columns.Count, table.Columns.Count));
        session.Set<float>("x", rows, table.Rows, table.Columns.Count);
        session.Run();
        return [.. session.Get<float>("prediction").ToArray().Select(value => (double)value)];
    }
}
