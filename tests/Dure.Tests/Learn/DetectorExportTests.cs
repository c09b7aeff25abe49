using Dure.Edge.Onnx;
using Dure.Learn;
using Dure.Tests.Effects;
using Xunit;

namespace Dure.Tests.Learn;

public sealed class DetectorExportTests
{
    public static TheoryData<string> Kinds => [.. MadeRecipes.All.Select(r => r.Name)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_graph_gives_the_scores_contributions_and_states_of_the_detector(string kind)
    {
        var detector = MadeRecipes.Named(kind).Fit(Healthy.Rows(400, seed: 1), Healthy.Columns);
        var session = OnnxSession.Create(OnnxModel.Read(detector.ToOnnx("m", MadeDataset.Signals).Write()));
        var (stream, contributions, state) = (detector.Open(), new double[Healthy.Columns], detector.StartState.ToArray());
        var rows = Awkward(Healthy.Rows(500, seed: 2));
        for (var row = 0; row < 500; row++)
        {
            var values = rows.AsSpan(row * Healthy.Columns, Healthy.Columns);
            var expected = stream.Score(values, contributions);
            session.Set<double>("x", values, 1, Healthy.Columns);
            if (detector.IsStateful)
                session.Set<double>("state", state, 1, state.Length);
            session.Run();
            AssertNear(expected, session.Get<double>("score")[0]);
            for (var j = 0; j < Healthy.Columns; j++)
                AssertNear(contributions[j], session.Get<double>("contributions")[j]);
            if (!detector.IsStateful)
                continue;
            session.Get<double>("state_next").CopyTo(state);
            for (var i = 0; i < state.Length; i++)
                AssertNear(stream.State[i], state[i]);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_same_fit_gives_the_same_bytes(string kind)
    {
        byte[] Bytes() => MadeRecipes.Named(kind).Fit(Healthy.Rows(400, seed: 3), Healthy.Columns).ToOnnx("m", MadeDataset.Signals).Write();
        Assert.Equal(Bytes(), Bytes());
    }

    [Fact]
    public async Task A_registered_model_scores_and_explains_after_a_restart_as_when_it_was_trained()
    {
        await using var node = await TemporaryEvidence.Create(TestContext.Current.CancellationToken);
        var result = await TrainingTests.Train();
        await ModelRegistry.Open(node.Journal, node.Blobs).Register(result, "engineer", TestContext.Current.CancellationToken);
        var registry = ModelRegistry.Open(node.Journal, node.Blobs);
        var trained = result.Machines[0];
        var scorer = ModelScorer.Open(registry, registry.Latest("anomaly")!.Machine(trained.Asset)!);
        for (var row = 0; row < trained.HeldOutScores.Length; row++)
            AssertNear(trained.HeldOutScores[row], scorer.Score(trained.Rows.HeldOut.AsSpan(row * Healthy.Columns, Healthy.Columns)));
        var time = Dure.Kernel.Micros.Time(trained.Rows.HeldOutTimes[^1]);
        var (expected, found) = (Explanation.At(trained, time), scorer.Explain(time));
        Assert.Equal(expected.Parts.Select(p => p.Signal), found.Parts.Select(p => p.Signal));
        Assert.Equal(expected.Parts[0].Deviation, found.Parts[0].Deviation, 9);
    }

    // A missing value, an infinite one and a far one among ordinary rows.
    private static double[] Awkward(double[] rows)
    {
        (rows[12], rows[100], rows[203]) = (double.NaN, 40, double.PositiveInfinity);
        return rows;
    }

    private static void AssertNear(double expected, double found) => Assert.Equal(expected, found, 1e-9 * Math.Max(1, Math.Abs(expected)));
}
