using System.Text.Json.Nodes;
using Dure.Edge.Onnx;
using Dure.Learn.Learners;
using Dure.Learn.Tables;

namespace Dure.Learn.Search;

/// <summary>One model of an ensemble.</summary>
/// <param name="Model">The model, which knows its own columns by name.</param>
/// <param name="Weight">Its share of the prediction.</param>
public sealed record EnsembleMember(TableModel Model, double Weight);

/// <summary>Models whose predictions are averaged by weight; each may see columns of its own among those of the ensemble.</summary>
public sealed class EnsembleModel : TableModel
{
    public const string Name = "ensemble";
    private const int MostMembers = 1000;
    private const int MostDepth = 2;

    private readonly int[][] columns;

    public EnsembleModel(IReadOnlyList<string> features, IReadOnlyList<EnsembleMember> members)
    {
        (Features, Members, Task) = (features, members, members[0].Model.Task);
        var place = features.Index().ToDictionary(feature => feature.Item, feature => feature.Index, StringComparer.Ordinal);
        columns = [.. members.Select(member => member.Model.Features.Select(name => place[name]).ToArray())];
    }

    public IReadOnlyList<EnsembleMember> Members { get; }

    public override string Kind => Name;

    public override LearningTask Task { get; }

    public override IReadOnlyList<string> Features { get; }

    public override void Predict(ReadOnlySpan<float> row, Span<double> prediction)
    {
        prediction.Clear();
        Span<double> one = stackalloc double[Task.Outputs <= 64 ? Task.Outputs : 0];
        if (one.IsEmpty)
            one = new double[Task.Outputs];
        Span<float> own = row.Length <= 256 ? stackalloc float[row.Length] : new float[row.Length];
        for (var at = 0; at < Members.Count; at++)
        {
            var picked = own[..columns[at].Length];
            for (var i = 0; i < picked.Length; i++)
                picked[i] = row[columns[at][i]];
            Members[at].Model.Predict(picked, one);
            for (var i = 0; i < one.Length; i++)
                prediction[i] += Members[at].Weight * one[i];
        }
    }

    public override double[] Predict(FeatureTable table, int threads = 0, CancellationToken cancel = default)
    {
        var sum = new double[(long)table.Rows * Task.Outputs];
        for (var at = 0; at < Members.Count; at++)
        {
            var one = Members[at].Model.Predict(table.Select(columns[at]), threads, cancel);
            for (var i = 0; i < sum.Length; i++)
                sum[i] += Members[at].Weight * one[i];
        }
        return sum;
    }

    /// <summary>The members' parts by their weights, where all count in predictions: logarithms do not add up to a mean of probabilities.</summary>
    public override ExactParts? Explain(ReadOnlySpan<float> row, FeatureTable usual)
    {
        var (said, parts) = (new double[Task.Outputs], new double[Task.Outputs * Features.Count]);
        for (var at = 0; at < Members.Count; at++)
        {
            var own = new float[columns[at].Length];
            for (var i = 0; i < own.Length; i++)
                own[i] = row[columns[at][i]];
            if (Members[at].Model.Explain(own, usual.Select(columns[at])) is not { Scale: PartsScale.Prediction } exact)
                return null;
            for (var output = 0; output < said.Length; output++)
            {
                said[output] += Members[at].Weight * exact.Usual[output];
                for (var i = 0; i < own.Length; i++)
                    parts[output * Features.Count + columns[at][i]] += Members[at].Weight * exact.Parts[output * own.Length + i];
            }
        }
        return new(PartsScale.Prediction, said, parts);
    }

    public override byte[] Write() => ModelFile.Write(Task, new JsonObject
    {
        ["features"] = new JsonArray([.. Features.Select(name => JsonValue.Create(name))]),
        ["members"] = new JsonArray([.. Members.Select(member => new JsonObject
        {
            ["kind"] = member.Model.Kind,
            ["weight"] = member.Weight,
            ["file"] = JsonNode.Parse(member.Model.Write()),
        })]),
    });

    public override GraphValue AddTo(GraphBuilder graph, GraphValue rows)
    {
        GraphValue? sum = null;
        for (var at = 0; at < Members.Count; at++)
        {
            var number = at;
            var picked = graph.Node("Gather", [rows, graph.Constant<long>(graph.Fresh("columns"), [.. columns[at].Select(column => (long)column)], columns[at].Length)], [OnnxAttribute.Of("axis", 1L)]);
            var part = graph.Mul(graph.Part($"model{at + 1}", () => Members[number].Model.AddTo(graph, picked)), graph.Scalar(graph.Fresh("weight"), (float)Members[at].Weight));
            sum = sum is { } before ? graph.Add(before, part) : part;
        }
        return sum!.Value; // an ensemble has members
    }

    internal static TableModel Read(ReadOnlyMemory<byte> file) => Read(file, MostDepth);

    private static EnsembleModel Read(ReadOnlyMemory<byte> file, int depth)
    {
        var (task, model) = ModelFile.Read(file);
        return ModelFile.Checked(() =>
        {
            ModelFile.Must(depth > 0, "ensembles lie within each other");
            string[] features = [.. model["features"]!.AsArray().Select(name => name!.GetValue<string>())];
            var members = model["members"]!.AsArray();
            ModelFile.Must(members.Count is > 0 and <= MostMembers, "it has no members, or too many");
            EnsembleMember[] read = [.. members.Select(member => ReadMember(member!.AsObject(), depth))];
            ModelFile.Must(Array.TrueForAll(read, member => member.Model.Task.Equals(task)), "its members have another task");
            return new EnsembleModel(features, read);
        });
    }

    private static EnsembleMember ReadMember(JsonObject member, int depth)
    {
        var bytes = Kernel.CanonicalJson.Serialize(member["file"]!);
        var (kind, weight) = (member["kind"]!.GetValue<string>(), member["weight"]!.GetValue<double>());
        ModelFile.Must(double.IsFinite(weight), "a weight is no number");
        return new(kind == Name ? Read(bytes, depth - 1) : LearnerCatalog.Read(kind, bytes), weight);
    }
}
