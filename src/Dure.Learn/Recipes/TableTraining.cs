using Dure.Datasets;
using Dure.Kernel;
using Dure.Learn.Drift;
using Dure.Learn.Evaluation;
using Dure.Learn.Explanations;
using Dure.Learn.Learners;
using Dure.Learn.Search;
using Dure.Learn.Tables;

namespace Dure.Learn.Recipes;

/// <summary>How far a training is.</summary>
/// <param name="Stage">What is being done, in words.</param>
/// <param name="Share">0 to 1 of the whole.</param>
/// <param name="Curve">A further point of the learning curve.</param>
/// <param name="Tried">A further candidate of a search.</param>
public readonly record struct TableProgress(string Stage, double Share, LearningProgress? Curve = null, Tried? Tried = null);

/// <summary>
/// Does what a recipe declares: computes features, parts the rows, trains or searches, sets interval and threshold on rows that were not learnt from,
/// and judges on rows that had no part in any of that.
/// </summary>
public sealed class TableTraining
{
    private const int SearchFolds = 4;
    private const double LearningFrom = 0.1, LearningTo = 0.85, JudgingFrom = 0.89, AnewShare = 0.01;

    private TableRecipe recipe;
    private readonly DatasetTable table;
    private readonly TimeProvider time;
    private readonly IProgress<TableProgress>? progress;
    private readonly TrainingCheckpoint? checkpoint;
    private readonly int threads;
    private readonly CancellationToken cancel;
    private readonly List<LearningProgress> curve = [];
    private int curveSeen, curveEvery = 1, anew;

    /// <summary>The first so many features are the columns as they are; what follows was proposed.</summary>
    private int asTheyAre;

    private TableTraining(TableRecipe recipe, DatasetTable table, TimeProvider time, IProgress<TableProgress>? progress, TrainingCheckpoint? checkpoint, int threads, CancellationToken cancel) =>
        (this.recipe, this.table, this.time, this.progress, this.checkpoint, this.threads, this.cancel) = (recipe, table, time, progress, checkpoint, threads, cancel);

    /// <param name="checkpoint">Where a long training keeps how far it is; null: nowhere.</param>
    /// <param name="threads">Threads at most; 0: one for each core. The model does not hang on it, unless a search is bound by its time.</param>
    /// <exception cref="ProblemException">Recipe and data do not go together, or a leak would make the figures worthless: says why and how to mend it.</exception>
    public static TableResult Run(TableRecipe recipe, DatasetTable table, TimeProvider time, IProgress<TableProgress>? progress, TrainingCheckpoint? checkpoint, int threads, CancellationToken cancel)
    {
        recipe.Check();
        return new TableTraining(recipe, table, time, progress, checkpoint, threads, cancel).Run();
    }

    private TableResult Run()
    {
        var began = time.GetTimestamp();
        Tell("computing features", 0.02);
        var rows = TrainingRows.Of(table, recipe, threads, cancel);
        var plan = rows.PlanFor(recipe);
        CheckMetric(rows.Task);
        var parts = PartsOf(rows, plan);
        if (rows.Life is not null)
        {
            rows = rows.LabelledBy(table, recipe.RemainingLife!, parts.Train);
            recipe = recipe with { RemainingLife = rows.Life };
        }
        if (recipe is { Learner: null, Features: null })
            (rows, plan, parts) = WithProposals(rows, parts);
        Tell("looking for leaks", 0.08);
        var leaks = Leaks(rows, parts);
        var (model, search) = recipe.Learner is { } learner ? (Train(learner, rows, plan, parts.Train, checkpoint, new Teller<LearningProgress>(Curve)), null) : Search(rows, plan, parts);
        Tell("setting the interval", LearningTo);
        var interval = LifeInterval.Of(recipe, rows, plan, parts, model, recipe.Learner is { } named ? from => Anew(named, rows, plan, from) : null, threads, cancel);
        rows = rows with { Notes = [.. rows.Notes, .. rows.Life?.Notes(table.Groups!.Distinct().Count()) ?? [], .. interval is null ? Array.Empty<string>() : [interval.Note]] };
        var predictor = Predictor.Of(recipe, rows, model, parts, plan.Kind is SplitKind.Time or SplitKind.TimeWithinGroup, interval, threads, cancel);
        Tell("judging on rows it has not seen", JudgingFrom);
        var judgement = Judge(predictor, rows, parts);
        Tell("explaining", 0.93);
        var importance = Importance(predictor, rows, parts);
        var result = new TableResult
        {
            Dataset = table.Version,
            Recipe = recipe,
            Rows = rows,
            Plan = plan,
            Parts = parts,
            Predictor = predictor,
            Judgement = judgement,
            Reference = DriftReference.Of(rows.Own.Features.Take(parts.Train), recipe.Seed),
            Importance = [.. importance.Select(one => new FeatureRise(string.Join(" and ", one.Columns), one.Worsening))],
            Dependences = FeatureDependence.Of(predictor, [.. importance.Select(one => one.Columns[0])], rows.Rows.Take(parts.Test), recipe.Seed, cancel),
            Search = search,
            Leaks = leaks,
            Curve = curve,
            Target = rows.Life?.Named(recipe.Target) ?? recipe.Target,
            TargetUnit = rows.Life is { } life ? life.TimeUnit : table.TryFind(recipe.Target) is { Unit.Length: > 0 } target ? target.Unit : null,
            Coverage = predictor.Coverage(rows, parts.Test, threads, cancel),
            Adaptive = AdaptiveHeld.Of(predictor, rows, parts.Test, threads, cancel),
            Nested = search is null ? null : NestedOf(search, rows),
            Duration = time.GetElapsedTime(began),
        };
        Tell("done", 1);
        return result;
    }

    /// <exception cref="ProblemException">The figure that is to be good says nothing of such predictions.</exception>
    private void CheckMetric(LearningTask task)
    {
        var metric = Metrics.Of(recipe.MetricFor(task));
        var any = new JudgedRows(task, [0, 0], new double[2 * task.Outputs]);
        if (!metric.Suits(any))
            throw RecipeText.Bad($"'{metric.Name}' says nothing of {(task.IsClassification ? $"{task.Classes.Count} classes" : "a number")}.", "metric", $"Choose one of: {string.Join(", ", Metrics.Usual(any).Select(usual => usual.Name))}.");
    }

    /// <summary>The rows' parts: by the dataset's own split where it has one and the recipe declares none.</summary>
    private RowParts PartsOf(TrainingRows rows, SplitPlan plan) => TrainingParts.Of(rows, plan, recipe.Split is null && rows.Life is null ? rows.IsHeldOut : null);

    /// <summary>Where neither features nor a learner are declared, features are proposed from the rows to learn from; the search decides whether they help.</summary>
    private (TrainingRows Rows, SplitPlan Plan, RowParts Parts) WithProposals(TrainingRows rows, RowParts parts)
    {
        Tell("proposing features", 0.05);
        var proposed = rows.Propose(table, recipe, parts.Train, new LearningContext { Seed = recipe.Seed, Threads = threads, Cancel = cancel });
        asTheyAre = rows.Plan.Features.Count;
        recipe = recipe with { Features = proposed.Set };
        var wider = TrainingRows.Of(table, recipe, threads, cancel);
        wider = wider with { Notes = [.. wider.Notes, .. proposed.Reasons, .. wider.Plan.Features.Count > asTheyAre ? ["Features were proposed from all rows to learn from, so the search's own judgement is a little rosy; the rows that judge had no part in it."] : Array.Empty<string>()] };
        var plan = wider.PlanFor(recipe);
        return (wider, plan, PartsOf(wider, plan));
    }

    /// <summary>What looks like a leak, in words for the model card; what would make the figures false is refused unless the recipe takes it with a reason.</summary>
    private List<string> Leaks(TrainingRows rows, RowParts parts)
    {
        var findings = LeakProbes.Of(new LeakQuestion(rows.Task, rows.Own, rows.Split) { Parts = parts, Now = time.GetUtcNow(), Seed = recipe.Seed }, cancel);
        LeakProbes.Refuse([.. findings.Where(finding => ReasonFor(finding) is null)]);
        return [.. findings.Select(finding => ReasonFor(finding) is { } reason ? $"{finding.What} Taken all the same, because: {reason}" : $"{finding.What} {finding.Mend}")];
    }

    /// <summary>Why a finding is taken: by one of its columns, or by the name of its kind where it is about the split.</summary>
    private string? ReasonFor(LeakFinding finding) =>
        finding.Columns.Append(finding.Kind.ToString()).Select(key => recipe.Accepted.GetValueOrDefault(key)).FirstOrDefault(reason => reason is not null);

    /// <summary>Once more from other rows, for the interval; told of while it lasts, not kept.</summary>
    private TableModel Anew(Learner learner, TrainingRows rows, SplitPlan plan, int[] from)
    {
        var before = anew++;
        return Train(learner, rows, plan, from, null, new Teller<LearningProgress>(one => Tell("setting the interval", Math.Min(JudgingFrom, LearningTo + AnewShare * (before + (double)one.Step / Math.Max(1, one.Steps))))));
    }

    private TableModel Train(Learner learner, TrainingRows rows, SplitPlan plan, int[] from, TrainingCheckpoint? kept, IProgress<LearningProgress>? told)
    {
        var (learn, stop) = TrainingParts.Stopping(rows, plan, from);
        return learner.Train(rows.Task, rows.Rows.Take(learn), stop.Length == 0 ? null : rows.Rows.Take(stop), new LearningContext
        {
            Seed = recipe.Seed,
            Threads = threads,
            Cancel = cancel,
            Progress = told,
            Checkpoint = kept,
        });
    }

    private (TableModel, SearchResult) Search(TrainingRows rows, SplitPlan plan, RowParts parts)
    {
        var began = time.GetTimestamp();
        var result = AutomaticSearch.Run(rows.Task, rows.Rows, new SearchOptions
        {
            Budget = recipe.SearchBudget,
            Folds = TrainingParts.Folds(rows, plan, parts.Train, SearchFolds),
            IsOrdered = plan.Kind is SplitKind.Time or SplitKind.TimeWithinGroup,
            Loss = LossOf(rows.Task),
            Views = asTheyAre > 0 && asTheyAre < rows.Plan.Features.Count ? [[.. Enumerable.Range(0, asTheyAre)], [.. Enumerable.Range(0, rows.Plan.Features.Count)]] : null,
            Seed = recipe.Seed,
            Threads = threads,
            Progress = new Teller<Tried>(tried => progress?.Report(new("searching", Scaled(time.GetElapsedTime(began) / recipe.SearchBudget), Tried: tried))),
        }, time, cancel);
        return (result.Model, result);
    }

    /// <summary>What the model leans on, found on test rows, or on some of them where there are many.</summary>
    private IReadOnlyList<ColumnImportance> Importance(Predictor predictor, TrainingRows rows, RowParts parts)
    {
        const int enough = 2000;
        const int repeats = 3;
        var step = Math.Max(1, parts.Test.Length / enough);
        int[] some = [.. parts.Test.Where((_, i) => i % step == 0)];
        return PermutationImportance.Of(predictor.Model, rows.Rows.Take(some), rows.Split.Take(some), Metrics.Of(recipe.MetricFor(rows.Task)), recipe.Seed, repeats, threads, rows.Plan.Window, cancel);
    }

    private Judgement Judge(Predictor predictor, TrainingRows rows, RowParts parts)
    {
        var judged = predictor.Judged(rows, parts.Test, threads, cancel);
        float[] training = [.. parts.Train.Select(row => rows.Rows.Target.Labels[row])];
        var baselines = Baselines.Of(judged, training, recipe.Seed).ToList();
        if (!rows.Task.IsClassification && recipe.Ahead > 0 && rows.Split.TimesMicros is not null)
            baselines.Add(("what it was when asked", Baselines.Earlier(judged, rows.Split, rows.Rows.Target.Labels, parts.Train, parts.Test, rows.Horizon)));
        var metrics = Metrics.Usual(judged).ToList();
        if (rows.Life is not null)
            metrics.Add(Metrics.Of("rul-score"));
        if (recipe.Metric is { } wanted && metrics.TrueForAll(metric => metric.Name != wanted))
            metrics.Insert(0, Metrics.Of(wanted));
        return Judging.Of(recipe.Name, judged, baselines, metrics, Resampling.For(rows.Split, parts.Test), recipe.Seed, cancel);
    }

    /// <summary>The figure of the search by its own folds, each judged by a choice made on the others.</summary>
    private Measured NestedOf(SearchResult search, TrainingRows rows)
    {
        var judged = new JudgedRows(rows.Task, rows.Rows.Target.Take(search.JudgedRows).Labels, search.NestedPredictions);
        return Judging.Of(Metrics.Of(recipe.MetricFor(rows.Task)), judged, Resampling.For(rows.Split, search.JudgedRows), recipe.Seed, cancel).Value;
    }

    /// <summary>What the search makes small; what is asked of a threshold is asked of the probabilities behind it.</summary>
    private Func<double[], LearningTarget, double> LossOf(LearningTask task)
    {
        var metric = Metrics.Of(recipe.MetricFor(task));
        return (predictions, target) => metric.Of(new JudgedRows(task, target.Labels, predictions)) is var value && metric.HigherIsBetter ? -value : value;
    }

    private void Curve(LearningProgress step)
    {
        const int mostPoints = 2000;
        if (curveSeen++ % curveEvery == 0)
            curve.Add(step);
        if (curve.Count > mostPoints)
        {
            // Half as dense from here on: the whole course is seen, however long it is.
            curveEvery *= 2;
            for (var i = curve.Count - 1; i > 0; i -= 2)
                curve.RemoveAt(i);
        }
        progress?.Report(new("learning", Scaled(step.Steps == 0 ? 0.5 : (double)step.Step / step.Steps), Curve: step));
    }

    private static double Scaled(double share) => LearningFrom + (LearningTo - LearningFrom) * Math.Clamp(share, 0, 1);

    private void Tell(string stage, double share)
    {
        cancel.ThrowIfCancellationRequested();
        progress?.Report(new(stage, share));
    }

    private sealed class Teller<T>(Action<T> tell) : IProgress<T>
    {
        public void Report(T value) => tell(value);
    }
}
