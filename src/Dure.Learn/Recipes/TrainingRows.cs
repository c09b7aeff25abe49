using System.Globalization;
using System.Text.Json.Nodes;
using Dure.Datasets;
using Dure.Kernel;
using Dure.Learn.Evaluation;
using Dure.Learn.Features;
using Dure.Learn.Learners;
using Dure.Learn.Tables;

namespace Dure.Learn.Recipes;

/// <summary>A dataset as a recipe sees it: features computed, labels beside them, and what a split must know of each row.</summary>
public sealed record TrainingRows
{
    /// <summary>Numbers with fewer different values than this may be taken as classes when the recipe says so.</summary>
    private const int MostNumberClasses = 100;

    public required FeatureSet Features { get; init; }
    public required FeaturePlan Plan { get; init; }
    public required TableRows Rows { get; init; }

    /// <summary>The rows without those before them that a window takes along: what was is judged once, not again in each window.</summary>
    public TableRows Own => Rows with { Features = Plan.Own(Rows.Features) };

    public required LearningTask Task { get; init; }
    public required SplitRows Split { get; init; }

    /// <summary>The row of the dataset each row stands for.</summary>
    public required int[] Source { get; init; }

    /// <summary>The names behind the codes of features that are categories.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<string>> Categories { get; init; }

    /// <summary>Of a remaining life what was made of its declaration: the cap is settled.</summary>
    public RemainingLifeTarget? Life { get; init; }

    /// <summary>When each row's label was; null: the rows have no times.</summary>
    public required long[]? LabelMicros { get; init; }

    /// <summary>Which rows the dataset's own split holds out; null: it has none.</summary>
    public required bool[]? IsHeldOut { get; init; }

    /// <summary>How far ahead in time the labels lie; zero where they stand in their own row.</summary>
    public required TimeSpan Horizon { get; init; }

    /// <summary>How far back in time the features look.</summary>
    public required TimeSpan Window { get; init; }

    /// <summary>What a reader of the model card should know of the rows.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>Computes features and labels. Rows without a label are left out and counted.</summary>
    /// <exception cref="ProblemException">The target is missing, or nothing can be learnt from what is there: says why.</exception>
    public static TrainingRows Of(DatasetTable table, TableRecipe recipe, int threads, CancellationToken cancel)
    {
        var target = TargetOf(table, recipe);
        foreach (var left in recipe.Leave)
            if (table.TryFind(left) is null)
                throw Bad($"The column '{left}', which is to be left out, is not there.", "Correct its name, or take it out of the list.");
        var signals = Signals(table, target, recipe);
        var declared = Windowed(recipe.Features ?? FeatureSet.Parse(AllAsTheyAre()), recipe.Learner);
        var plan = declared.Bind([.. signals.Select(SignalOf)]);
        var isOrdered = table.TimesMicros is not null || table.Groups is not null;
        if (!isOrdered && (plan.Reach is not { Rows: 0, Seconds: 0, IsWhole: false } || recipe.Ahead > 0))
            throw Bad("Features or the learner look back or the target lies ahead, but the rows have neither time nor group: nothing says which row comes before which.", "Name the column of the time when the table is imported, or use features of one row only.");
        var groups = InOrder(table);
        var features = plan.Compute([.. groups.Select(group => RowsOf(table, group, signals))], threads, cancel);
        var (source, label) = Sources(plan, groups, recipe.Ahead);
        var life = recipe.RemainingLife?.Settled(table, groups);
        var (task, labels) = target is null ? (LearningTask.Regression, LivesOf(table, plan, groups, life!)) : LabelsOf(target, recipe, label); // without a column it is a life
        int[] kept = [.. Enumerable.Range(0, source.Length).Where(row => !float.IsNaN(labels[row]))];
        if (kept.Length < 2)
            throw Bad($"{kept.Length} of {source.Length} rows have a value of '{recipe.Target}'{(recipe.Ahead > 0 ? $" {recipe.Ahead} rows ahead" : "")}.", "Choose another target, or bring rows whose result is known.");
        var step = StepOf(table, groups);
        var notes = kept.Length == source.Length ? new List<string>() : [$"{source.Length - kept.Length} of {source.Length} rows have no value of {recipe.Target} and are left out."];
        if (plan.Reach.IsWhole)
            notes.Add("Some features compare with the start of each machine's own recording.");
        return new TrainingRows
        {
            Features = declared,
            Life = life,
            Plan = plan,
            Task = task,
            Rows = new TableRows(features, new(labels)).Take(kept),
            Source = [.. kept.Select(row => source[row])],
            Split = new SplitRows
            {
                Count = kept.Length,
                TimesMicros = table.TimesMicros is { } times ? [.. kept.Select(row => times[source[row]])] : null,
                Groups = table.Groups is { } codes ? [.. kept.Select(row => codes[source[row]])] : null,
                Classes = task.IsClassification ? [.. kept.Select(row => (int)labels[row])] : null,
            },
            LabelMicros = table.TimesMicros is { } labelled ? [.. kept.Select(row => labelled[label[row]])] : null,
            IsHeldOut = table.IsHeldOut is { } held ? [.. kept.Select(row => held[source[row]])] : null,
            Categories = signals.Where(signal => signal.Type == TableColumnType.Category).ToDictionary(signal => signal.Name, signal => signal.Categories, StringComparer.Ordinal),
            Horizon = table.TimesMicros is null ? TimeSpan.Zero : step * recipe.Ahead,
            Window = table.TimesMicros is null ? TimeSpan.Zero : step * plan.Reach.Rows + TimeSpan.FromSeconds(plan.Reach.Seconds),
            Notes = notes,
        };
    }

    /// <summary>
    /// The rows of an earlier part without those whose label lies at or behind a row of a later part: learnt from, they would tell what is to be told.
    /// The gap of a split is one length of time for all rows; where rows come irregularly it is not enough.
    /// </summary>
    public int[] Apart(int[] earlier, IEnumerable<int> later, SplitPlan plan)
    {
        if (LabelMicros is not { } labels || plan.Kind is not (SplitKind.Time or SplitKind.TimeWithinGroup or SplitKind.Blocked))
            return earlier;
        var times = Split.TimesMicros!; // labels have times, so rows have
        int group(int row) => plan.Kind == SplitKind.TimeWithinGroup ? Split.Groups![row] : 0; // the plan asked for groups
        var held = later.GroupBy(group).ToDictionary(rows => rows.Key, rows => rows.Select(row => times[row]).Order().ToArray());
        return [.. earlier.Where(row => labels[row] == times[row] || !held.TryGetValue(group(row), out var judged) || First(judged, times[row]) is var next && (next == judged.Length || judged[next] > labels[row]))];
    }

    /// <summary>The first of sorted times that is later than a time.</summary>
    private static int First(long[] times, long after)
    {
        var (low, high) = (0, times.Length);
        while (low < high)
            if (times[(low + high) / 2] <= after)
                low = (low + high) / 2 + 1;
            else
                high = (low + high) / 2;
        return low;
    }

    /// <summary>Proposes features from some of the rows, and no others: those to learn from.</summary>
    public ProposedFeatures Propose(DatasetTable table, TableRecipe recipe, int[] learn, LearningContext context)
    {
        // More rows say nothing more of what is worth computing.
        const int mostRows = 20_000;
        var some = table.TimesMicros is null && learn.Length > mostRows ? Array.ConvertAll(Enumerable.Range(0, mostRows).ToArray(), i => learn[(int)((long)i * learn.Length / mostRows)]) : learn[^Math.Min(learn.Length, mostRows)..];
        var signals = Plan.Signals.Select(signal => table.TryFind(signal.Name)!).ToArray(); // the plan was bound to them
        var target = Rows.Target.Take(some);
        if (table.TimesMicros is null)
            return FeatureProposal.ForTable(Plan.Signals, RowsOf(table, ("rows to learn from", Array.ConvertAll(some, row => Source[row])), signals), Task, target, context);
        // Rows are in order of groups and times already, so labels follow the groups.
        var groups = some.GroupBy(row => table.Groups?[Source[row]] ?? 0).Select(group => RowsOf(table, (table.Groups is null ? "all rows" : table.GroupNames[group.Key], [.. group.Select(row => Source[row])]), signals)).ToList();
        return FeatureProposal.ForSeries(Plan.Signals, groups, Task, target, context, recipe.Ahead);
    }

    /// <summary>The rows of a remaining life, with the cap that the machines give which teach where none was said: those that judge have no part in it.</summary>
    internal TrainingRows LabelledBy(DatasetTable table, RemainingLifeTarget said, int[] train)
    {
        if (said.Cap is not null)
            return this;
        var teaching = train.Select(row => Split.Groups![row]).ToHashSet(); // a life has groups
        var groups = InOrder(table);
        var life = said.CappedBy(table, [.. groups.Where(group => teaching.Contains(table.Groups![group.Rows[0]]))]);
        var labels = new float[table.Rows];
        foreach (var group in groups)
            foreach (var (row, label) in group.Rows.Zip(life.LabelsOf(table, group, Enumerable.Range(0, group.Rows.Length))))
                labels[row] = label;
        return this with { Life = life, Rows = Rows with { Target = new LearningTarget([.. Source.Select(row => labels[row])], Rows.Target.Weights) } };
    }

    /// <summary>How the rows are parted when the recipe leaves it open.</summary>
    public SplitPlan PlanFor(TableRecipe recipe)
    {
        const int enoughGroups = 5;
        var plan = recipe.Split ?? new SplitPlan
        {
            Kind = Life is not null ? SplitKind.Group : (Split.Groups?.Distinct().Count(), Split.TimesMicros) switch
            {
                ( >= enoughGroups, _) => SplitKind.Group,
                (not null, not null) => SplitKind.TimeWithinGroup,
                (null, not null) => SplitKind.Time,
                (not null, null) => SplitKind.Group,
                _ => SplitKind.Random,
            },
            Seed = recipe.Seed,
        };
        // What looks back to the start of its recording cannot be kept apart by any gap; nothing of the future is in it.
        return plan with { Window = Window, Horizon = Horizon };
    }

    /// <summary>
    /// The features a predictor sees in another dataset, for all its rows in the order of groups and times, with the dataset's row of each. Categories
    /// are told by name; those the model never met count as missing.
    /// </summary>
    /// <exception cref="ProblemException">A signal is missing, or holds another kind of values.</exception>
    public static (FeatureTable Features, int[] Source) FeaturesOf(Predictor predictor, DatasetTable table, int threads, CancellationToken cancel)
    {
        var signals = predictor.Plan.Signals.Select(signal => Recoded(predictor, signal, table.TryFind(signal.Name)
            ?? throw Bad($"The dataset has no column '{signal.Name}', which the model needs.", "Choose a dataset with the model's columns."))).ToArray();
        var groups = InOrder(table);
        var features = predictor.Plan.Compute([.. groups.Select(group => RowsOf(table, group, signals))], threads, cancel);
        return (features, Sources(predictor.Plan, groups, 0).Source);
    }

    private static DatasetTableColumn Recoded(Predictor predictor, FeatureSignal signal, DatasetTableColumn column)
    {
        if (signal.IsCategory != (column.Type == TableColumnType.Category))
            throw Bad($"'{signal.Name}' is a {(signal.IsCategory ? "category" : "number")} for the model, and not in the dataset.", "Import the dataset with the same kinds of columns.");
        if (!signal.IsCategory)
            return column;
        var codes = predictor.Categories[signal.Name].Index().ToDictionary(pair => pair.Item, pair => (float)pair.Index, StringComparer.Ordinal);
        float[] own = [.. column.Categories.Select(name => codes.GetValueOrDefault(name, float.NaN))];
        return column with { Values = Array.ConvertAll(column.Values, value => float.IsNaN(value) ? value : own[(int)value]) };
    }

    /// <summary>The column to predict; null where what is predicted needs none.</summary>
    private static DatasetTableColumn? TargetOf(DatasetTable table, TableRecipe recipe) => (recipe.RemainingLife, table.TryFind(recipe.Target)) switch
    {
        (null, null) => throw Bad($"There is no column '{recipe.Target}' to predict.", $"Name one of: {string.Join(", ", table.Columns.Select(column => column.Name).Take(50))}."),
        (not null, { } same) => throw Bad($"A remaining life needs no column, and there is one that is called '{same.Name}'.", "Predict the column, or call the life otherwise and leave the column out if it tells the end."),
        var (_, column) => column,
    };

    private static DatasetTableColumn[] Signals(DatasetTable table, DatasetTableColumn? target, TableRecipe recipe)
    {
        var leave = recipe.Leave.ToHashSet(StringComparer.OrdinalIgnoreCase);
        var signals = table.Columns.Where(column => (column != target || recipe.Ahead > 0) && !leave.Contains(column.Name)
            && column.Role is not (TableRole.Identifier or TableRole.Time or TableRole.Group) && column.Type != TableColumnType.Text).ToArray();
        return signals.Length > 0 ? signals : throw Bad("No column is left to learn from.", "Leave out fewer columns.");
    }

    private static FeatureSignal SignalOf(DatasetTableColumn column) =>
        new(column.Name, Unit.TryParse(column.Unit.Length == 0 ? null : column.Unit, out var unit, out _) ? unit : null, column.Type == TableColumnType.Category);

    /// <summary>The features over as many rows as the learner looks at.</summary>
    private static FeatureSet Windowed(FeatureSet declared, Learner? learner) => learner?.Window switch
    {
        null or 1 => declared,
        var rows when declared.Window == 1 || declared.Window == rows => declared with { Window = rows.Value },
        var rows => throw Bad($"The features are over windows of {declared.Window} rows, and '{learner.Kind}' looks at {rows}.", "Say one of the two only."),
    };

    private static JsonObject AllAsTheyAre() => new() { ["version"] = 1, ["features"] = new JsonArray("*") };

    /// <summary>For each group the numbers of its rows in order of time.</summary>
    private static List<(string Name, int[] Rows)> InOrder(DatasetTable table)
    {
        var all = Enumerable.Range(0, table.Rows);
        var groups = table.Groups is { } codes ? all.GroupBy(row => codes[row]).OrderBy(group => group.Key).Select(group => (table.GroupNames[group.Key], group.ToArray())).ToList() : [("all rows", all.ToArray())];
        if (table.TimesMicros is { } times)
            foreach (var (_, rows) in groups)
                Array.Sort(rows, (a, b) => times[a] != times[b] ? times[a].CompareTo(times[b]) : a.CompareTo(b));
        return groups;
    }

    private static SignalRows RowsOf(DatasetTable table, (string Name, int[] Rows) group, DatasetTableColumn[] signals) => new(group.Name,
        table.TimesMicros is { } times ? Array.ConvertAll(group.Rows, row => times[row]) : new long[group.Rows.Length],
        [.. signals.Select(signal => Array.ConvertAll(group.Rows, row => (double)signal.Values[row]))]);

    /// <summary>For each row of features the dataset's row it came from, and the row whose target is its label; -1 where there is none.</summary>
    private static (int[] Source, int[] Label) Sources(FeaturePlan plan, List<(string Name, int[] Rows)> groups, int ahead)
    {
        var (source, label) = (new List<int>(), new List<int>());
        foreach (var (_, rows) in groups)
            for (var i = 0; i < plan.RowsOf(rows.Length); i++)
            {
                var at = plan.RowBehind(i);
                source.Add(rows[at]);
                label.Add(at + ahead < rows.Length ? rows[at + ahead] : -1);
            }
        return ([.. source], [.. label]);
    }

    private static float[] LivesOf(DatasetTable table, FeaturePlan plan, List<(string Name, int[] Rows)> groups, RemainingLifeTarget life) =>
        [.. groups.SelectMany(group => life.LabelsOf(table, group, Enumerable.Range(0, plan.RowsOf(group.Rows.Length)).Select(plan.RowBehind)))];

    private static (LearningTask Task, float[] Labels) LabelsOf(DatasetTableColumn target, TableRecipe recipe, int[] label)
    {
        float[] values = [.. label.Select(row => row < 0 ? float.NaN : target.Values[row])];
        var isClass = recipe.TargetKind switch
        {
            TargetKind.Class => true,
            TargetKind.Number => target.Type == TableColumnType.Category ? throw Bad($"'{target.Name}' holds names, which are no numbers.", "Predict it as a class.") : false,
            _ => target.Type is TableColumnType.Category or TableColumnType.YesNo,
        };
        if (Array.Exists(values, float.IsInfinity))
            throw Bad($"'{target.Name}' holds infinite values.", "Correct them, or mark them missing.");
        if (!isClass)
            return (LearningTask.Regression, values);
        var present = values.Where(value => !float.IsNaN(value)).Distinct().Order().ToArray();
        if (target.Type == TableColumnType.Number && present.Length > MostNumberClasses)
            throw Bad($"'{target.Name}' has {present.Length} different numbers: too many for classes.", "Predict it as a number.");
        return (LearningTask.Classification([.. present.Select(value => ClassName(target, value))]), Array.ConvertAll(values, value => float.IsNaN(value) ? value : Array.BinarySearch(present, value)));
    }

    /// <summary>What a class is called: the category, yes or no, or the number.</summary>
    internal static string ClassName(DatasetTableColumn target, float value) => target.Type switch
    {
        TableColumnType.Category => target.Categories[(int)value],
        TableColumnType.YesNo => value > 0 ? "yes" : "no",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };

    /// <summary>The usual time from one row to the next of a group.</summary>
    private static TimeSpan StepOf(DatasetTable table, List<(string Name, int[] Rows)> groups)
    {
        if (table.TimesMicros is not { } times)
            return TimeSpan.Zero;
        var steps = groups.SelectMany(group => group.Rows.Zip(group.Rows.Skip(1), (a, b) => times[b] - times[a])).Order().ToArray();
        return steps.Length == 0 ? TimeSpan.Zero : TimeSpan.FromMicroseconds(steps[steps.Length / 2]);
    }

    private static ProblemException Bad(string what, string mend) => new("urn:dure:learn:bad-recipe", what, "recipe and dataset", mend);
}
