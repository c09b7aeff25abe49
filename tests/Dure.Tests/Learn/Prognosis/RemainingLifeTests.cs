using System.Text.Json.Nodes;
using Dure.Kernel;
using Dure.Learn.Features;
using Dure.Learn.Learners;
using Dure.Learn.Prognosis;
using Xunit;

namespace Dure.Tests.Learn.Prognosis;

public sealed class RemainingLifeTests
{
    private static readonly FeatureSignal[] Signals = [new("vibration", Unit.Parse("mm/s")), new("oil", Unit.Parse("Cel"))];
    private static readonly Lazy<RemainingLifeModel> Model = new(() => RemainingLifeModel.Train(Small, Signals, Lives(1, 30), Context));

    private static RemainingLifeRecipe Small => new() { Learner = new BoostedTreesLearner { Rounds = 60, Leaves = 8 } };

    private static LearningContext Context => new() { Seed = 1, Cancel = TestContext.Current.CancellationToken };

    [Fact]
    public void Machines_never_seen_are_told_how_long_they_have_left()
    {
        double squared = 0, ofMean = 0;
        var lives = Lives(2, 20);
        for (var i = 0; i < lives.Length; i++)
        {
            var left = 10 + 5 * i;
            squared += Math.Pow(Model.Value.AtEnd(First(lives[i], lives[i].TimesMicros.Length - left), TestContext.Current.CancellationToken) - left, 2) / lives.Length;
            ofMean += Math.Pow(57.5 - left, 2) / lives.Length;
        }
        Assert.InRange(squared, 0, ofMean / 4);
    }

    [Fact]
    public void What_is_written_is_read_as_the_same_model_and_other_bytes_are_refused()
    {
        var file = Model.Value.Write();
        var read = RemainingLifeModel.Read(file);
        var machine = Lives(3, 1)[0];
        Assert.Equal(file, read.Write());
        Assert.Equal(Model.Value.AtEnd(machine, TestContext.Current.CancellationToken), read.AtEnd(machine, TestContext.Current.CancellationToken));
        var other = JsonNode.Parse(file)!.AsObject();
        other["signals"]![0]!["name"] = "noise";
        Assert.Throws<ProblemException>(() => RemainingLifeModel.Read(CanonicalJson.Serialize(other)));
        Assert.Throws<ProblemException>(() => RemainingLifeModel.Read(file.AsMemory(0, file.Length / 2)));
    }

    [Fact]
    public void The_same_rows_and_seed_give_the_same_bytes_on_any_number_of_threads() =>
        Assert.Equal(RemainingLifeModel.Train(Small, Signals, Lives(1, 5), Context with { Threads = 1 }).Write(), RemainingLifeModel.Train(Small, Signals, Lives(1, 5), Context with { Threads = 2 }).Write());

    [Fact]
    public void Health_falls_from_one_to_nothing()
    {
        var stream = Model.Value.Start();
        var machine = Lives(4, 1)[0];
        double[] health = [.. machine.TimesMicros.Select((time, row) =>
        {
            stream.Next(time, [machine.Signals[0][row], machine.Signals[1][row]]);
            return stream.Health;
        })];
        Assert.InRange(health[..20].Average(), 0.8, 1.3);
        Assert.InRange(health[^5..].Average(), -0.3, 0.3);
    }

    [Fact]
    public void A_recipe_is_written_whole_and_read_strictly()
    {
        var text = Small.ToJson();
        Assert.True(JsonNode.DeepEquals(text, RemainingLifeRecipe.Parse(text).ToJson()));
        text["colour"] = 1;
        Assert.Contains("'colour'", Assert.Throws<ProblemException>(() => RemainingLifeRecipe.Parse(text)).Problem.What, StringComparison.Ordinal);
        Assert.Equal("mostLife", Assert.Throws<ProblemException>(() => RemainingLifeRecipe.Parse(new JsonObject { ["mostLife"] = 0 })).Problem.Where);
        Assert.Equal("stride", Assert.Throws<ProblemException>(() => RemainingLifeRecipe.Parse(new JsonObject { ["stride"] = 0 })).Problem.Where);
        Assert.Throws<ProblemException>(() => RemainingLifeRecipe.Parse(new JsonObject { ["index"] = new JsonObject { ["kind"] = "boosted-trees" } }));
    }

    [Fact]
    public void Too_few_lives_and_a_signal_that_has_the_healths_name_are_refused()
    {
        Assert.Contains("2 machines", Assert.Throws<ProblemException>(() => RemainingLifeModel.Train(Small, Signals, Lives(1, 2), Context)).Problem.What, StringComparison.Ordinal);
        Assert.Contains("'health'", Assert.Throws<ProblemException>(() => RemainingLifeModel.Train(Small, [new("health"), new("oil")], Lives(1, 5), Context)).Problem.What, StringComparison.Ordinal);
    }

    private static SignalRows First(SignalRows machine, int rows) => machine with { TimesMicros = machine.TimesMicros[..rows], Signals = [.. machine.Signals.Select(signal => signal[..rows])] };

    /// <summary>Machines whose vibration and oil temperature rise ever faster towards the end, in noise.</summary>
    private static SignalRows[] Lives(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(machine =>
        {
            var rows = 150 + random.Next(100);
            double wear(int row) => Math.Exp((row - rows) / 40.0);
            double noise() => random.NextDouble() + random.NextDouble() - 1;
            return new SignalRows($"machine {machine}", [.. Enumerable.Range(0, rows).Select(row => row * 1_000_000L)],
                [[.. Enumerable.Range(0, rows).Select(row => 2 + 3 * wear(row) + noise())], [.. Enumerable.Range(0, rows).Select(row => 60 + 10 * wear(row) + 3 * noise())]]);
        })];
    }
}
