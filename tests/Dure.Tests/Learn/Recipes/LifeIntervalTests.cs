using Dure.Datasets;
using Dure.Kernel;
using Dure.Learn.Evaluation;
using Dure.Learn.Features;
using Dure.Learn.Learners;
using Dure.Learn.Linear;
using Dure.Learn.Recipes;
using Dure.Learn.Registry;
using Dure.Tests.Learn.Trees;
using Xunit;

namespace Dure.Tests.Learn.Recipes;

/// <summary>The interval of a remaining life holds for the next machine, wherever in its life it is asked.</summary>
public sealed class LifeIntervalTests(ITestOutputHelper output)
{
    private const int Longest = 160;

    private static readonly TableRecipe Recipe = new()
    {
        Name = "presses",
        Target = RemainingLifeTarget.UsualName,
        RemainingLife = new() { Cap = 60 },
        Learner = new LinearLearner(),
        Features = new FeatureSet([Feature.Value("wear")]),
    };

    /// <summary>Presses of 70 to 160 rows whose wear shows over the last 60, each in its own way; far from the end there is nothing to miss.</summary>
    private static DatasetTable Presses(int presses, int seed)
    {
        var random = new Random(seed);
        var (wear, groups) = (new List<float>(), new List<int>());
        for (var press = 0; press < presses; press++)
        {
            var (life, own) = (random.Next(70, Longest), Math.Exp(0.25 * MadeTable.Normal(random)));
            for (var row = 0; row < life; row++)
            {
                wear.Add((float)(own * Math.Max(0, 1 - (life - 1 - row) / 60.0) + 0.01 * MadeTable.Normal(random)));
                groups.Add(press);
            }
        }
        return MadeDatasetTable.Of([MadeDatasetTable.Column("wear", [.. wear])], null, [.. groups], presses);
    }

    private static TableResult Train(int presses, int seed, TableRecipe? recipe = null) =>
        TableTraining.Run((recipe ?? Recipe) with { Seed = seed }, Presses(presses, seed), TimeProvider.System, null, null, 1, TestContext.Current.CancellationToken);

    private static string Note(TableResult result) => Assert.Single(result.Rows.Notes, note => note.Contains("interval", StringComparison.Ordinal));

    [Theory]
    [InlineData(30)] // those that teach set it too
    [InlineData(150)] // those that were held back set it alone
    public void It_holds_near_the_end_of_machines_that_were_never_seen_as_often_as_promised(int presses)
    {
        const int trainings = 12, asked = 200;
        var (held, heldByRows) = (0, 0);
        for (var seed = 0; seed < trainings; seed++)
        {
            var (predictor, note, byRows) = Interval(presses, seed);
            Assert.Contains(presses < 100 ? "a model that had not learnt from it" : "none of which was learnt from", note, StringComparison.Ordinal);
            var others = TrainingRows.Of(Presses(asked, 1000 + seed), Recipe, 1, TestContext.Current.CancellationToken);
            var random = new Random(seed);
            foreach (var press in Enumerable.Range(0, others.Rows.Count).GroupBy(row => others.Split.Groups![row]))
            {
                int[] near = [.. press.Where(row => others.Rows.Target.Labels[row] < 60)];
                var row = near[random.Next(near.Length)];
                var (said, truth) = (predictor.Predict([others.Rows.Features.Columns[0].Values[row]]), others.Rows.Target.Labels[row]);
                held += said.Low <= truth && truth <= said.High ? 1 : 0;
                heldByRows += Math.Abs(truth - said.Value) <= byRows ? 1 : 0;
            }
        }
        output.WriteLine($"{presses}: {held / (double)(trainings * asked):0.000}, row by row {heldByRows / (double)(trainings * asked):0.000}");
        // Of twelve trainings, each with its own draw of presses.
        Assert.InRange(held / (double)(trainings * asked), 0.88, 0.97);
        Assert.True(heldByRows < 0.88 * trainings * asked, $"row by row it held as well: {heldByRows / (double)(trainings * asked):0.000}");
    }

    /// <summary>Trains and sets the interval, without what a training looks at besides; with the distance that nine of ten rows held back lie within, whatever machine they are of.</summary>
    private static (Predictor Predictor, string Note, double ByRows) Interval(int presses, int seed)
    {
        var cancel = TestContext.Current.CancellationToken;
        var recipe = Recipe with { Seed = seed };
        var rows = TrainingRows.Of(Presses(presses, seed), recipe, 1, cancel);
        var plan = rows.PlanFor(recipe);
        var parts = TrainingParts.Of(rows, plan, null);
        TableModel train(int[] from) => recipe.Learner!.Train(rows.Task, rows.Rows.Take(from), null, new LearningContext { Threads = 1, Cancel = cancel });
        var model = train(parts.Train);
        var interval = LifeInterval.Of(recipe, rows, plan, parts, model, train, 1, cancel)!;
        var predictor = Predictor.Of(recipe, rows, model, parts, false, interval, 1, cancel);
        var judged = predictor.Judged(rows, parts.Validation, 1, cancel);
        double[] misses = [.. Enumerable.Range(0, judged.Count).Select(judged.Miss).Order()];
        return (predictor, interval.Note, misses[(int)(0.9 * misses.Length)]);
    }

    [Fact]
    public void Machines_too_few_for_the_promise_are_told_on_the_card()
    {
        var result = Train(8, 1);
        Assert.Null(result.Predictor.Bands);
        Assert.True(result.Predictor.Conformal.IsKnown); // of rows, as the card says
        Assert.Contains("machines are too few to promise 90 % for the next one (9 are needed)", Note(result), StringComparison.Ordinal);
        Assert.NotNull(Train(12, 1).Predictor.Bands); // by those that teach too
        Assert.Contains("(4 are needed)", Note(Train(4, 1, Recipe with { Interval = 0.8 })), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(12, 0.9, 0.0)] // nobody is held back
    [InlineData(4, 0.75, null)] // three machines set it
    [InlineData(3, 0.6, null)] // two do
    public void Few_machines_set_it_by_as_many_trainings_as_there_can_be(int presses, double level, double? heldBack)
    {
        var result = Train(presses, 3, Recipe with { Interval = level, Split = heldBack is { } share ? new SplitPlan { Kind = SplitKind.Group, ValidationShare = share, Seed = 3 } : null });
        Assert.NotNull(result.Predictor.Bands);
        Assert.Contains("a model that had not learnt from it", Note(result), StringComparison.Ordinal);
    }

    [Fact]
    public void The_card_says_how_wide_it_is_from_little_left_to_much()
    {
        var result = Train(60, 2);
        var manifest = PredictorManifestWriter.Write(result, bytes => new(ContentHash.Of(bytes).ToString(), bytes.Length));
        Assert.Equal(result.Predictor.Bands!.Bands.Select(band => band.Radius), manifest.Interval.Radii!);
        Assert.Contains("from little left to much) that holds the true value in 90 % of cases, of those with less left than the cap.", PredictorCard.Markdown(manifest), StringComparison.Ordinal);
    }
}
