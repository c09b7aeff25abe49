using Dure.Edge.Onnx;
using Dure.Learn.Tables;

namespace Dure.Learn.Learners;

/// <summary>A trained model of a table's rows. Immutable; may be used by many threads at once.</summary>
public abstract class TableModel
{
    /// <summary>The word of the learner that made it.</summary>
    public abstract string Kind { get; }

    public abstract LearningTask Task { get; }

    /// <summary>The columns, in the order in which a row has them.</summary>
    public abstract IReadOnlyList<string> Features { get; }

    /// <summary>The prediction for one row.</summary>
    /// <param name="row">A value for each column, NaN where it is missing; of a category its code, of one never seen NaN.</param>
    /// <param name="prediction">As many numbers as <see cref="LearningTask.Outputs"/>.</param>
    public abstract void Predict(ReadOnlySpan<float> row, Span<double> prediction);

    /// <summary>The predictions for all rows, output by output of a row.</summary>
    /// <param name="threads">Threads at most; 0: one for each core.</param>
    public virtual double[] Predict(FeatureTable table, int threads = 0, CancellationToken cancel = default)
    {
        const int block = 1024;
        var outputs = Task.Outputs;
        var predictions = new double[(long)table.Rows * outputs];
        InParallel.For((table.Rows + block - 1) / block, number =>
        {
            var row = new float[table.Columns.Count];
            for (var at = number * block; at < Math.Min(table.Rows, (number + 1) * block); at++)
            {
                table.CopyRow(at, row);
                Predict(row, predictions.AsSpan(at * outputs, outputs));
            }
        }, cancel, threads);
        return predictions;
    }

    /// <summary>What each column adds to the prediction for a row, exactly; null where models of this kind cannot tell.</summary>
    /// <param name="row">As for a prediction.</param>
    /// <param name="usual">Rows as they usually are, for models that do not know them by themselves.</param>
    public virtual ExactParts? Explain(ReadOnlySpan<float> row, FeatureTable usual) => null;

    /// <summary>The model as canonical JSON, with all that <see cref="LearnerCatalog.Read"/> needs: the same model gives the same bytes.</summary>
    public abstract byte[] Write();

    /// <summary>Adds the model to a graph that is being built, for instance behind a scaler and before an interval.</summary>
    /// <param name="rows">[n, columns] of floats.</param>
    /// <returns>[n, outputs] of floats: the same as <see cref="Predict(ReadOnlySpan{float}, Span{double})"/>.</returns>
    public abstract GraphValue AddTo(GraphBuilder graph, GraphValue rows);

    /// <summary>The model alone as ONNX: <c>x</c> [n, columns] of floats in, <c>prediction</c> [n, outputs] out.</summary>
    public OnnxModel ToOnnx(string name)
    {
        var graph = new GraphBuilder(name);
        var x = graph.Input("x", OnnxType.Float, new OnnxDimension(null, "rows"), Features.Count);
        graph.Output("prediction", AddTo(graph, x), OnnxType.Float, new OnnxDimension(null, "rows"), Task.Outputs);
        return graph.Describe("dure.learner", Kind).Describe("dure.signals", string.Join('\n', Features)).Build();
    }
}
