using Dure.Kernel;
using Dure.Learn.Tables;

namespace Dure.Learn.Features;

/// <summary>One column that comes out of a plan.</summary>
/// <param name="Unit">Null when it is not known.</param>
/// <param name="Reach">How far back it looks.</param>
/// <param name="IsCategory">Its values are codes without an order.</param>
public sealed record PlannedFeature(Feature Feature, Unit? Unit, FeatureReach Reach, bool IsCategory)
{
    public string Name => Feature.Name;
}

/// <summary>The rows of one group, such as one machine, in order of time.</summary>
/// <param name="Name">For messages.</param>
/// <param name="TimesMicros">Microseconds since 1970 UTC, never falling.</param>
/// <param name="Signals">One array per signal, each as long as the times; NaN is missing.</param>
public sealed record SignalRows(string Name, long[] TimesMicros, double[][] Signals);

/// <summary>
/// A feature set bound to signals: what its columns are, and how they are computed. A whole table and a stream of rows are computed by the
/// same states in the same order, so that training and serving cannot differ.
/// </summary>
public sealed class FeaturePlan
{
    /// <summary>Rows that all windows and lags of one group may hold together, so that a recipe cannot ask for more memory than there is.</summary>
    private const int MostRowsHeld = 1 << 22;

    /// <summary>Numbers that the windows of all rows may hold together: a quarter of a gigabyte.</summary>
    private const long MostInWindows = 1L << 26;

    private readonly FeatureSet set;
    private readonly int windowsOfTime;
    private readonly Dictionary<string, int> places = new(StringComparer.Ordinal);

    internal FeaturePlan(FeatureSet set, IReadOnlyList<FeatureSignal> signals)
    {
        (this.set, Signals) = (set, signals);
        for (var i = 0; i < signals.Count; i++)
            if (!places.TryAdd(signals[i].Name, i))
                throw FeatureText.Bad("Two signals have this name.", $"signal '{signals[i].Name}'", "Rename one of them.");
        List<Feature> features = [];
        foreach (var feature in set.Features)
        {
            features.AddRange(Patterns.Resolve(feature, signals));
            if (features.Count > FeatureSet.MostFeatures)
                throw FeatureText.Bad($"There are more than {FeatureSet.MostFeatures} features once patterns stand for signals.", "features", "Declare fewer, or narrower patterns.");
        }
        if ((long)features.Count * Window > FeatureSet.MostFeatures)
            throw FeatureText.Bad($"Windows of {Window} rows of {features.Count} features are {(long)features.Count * Window:N0} numbers a row.", "features", $"Take shorter windows or fewer columns, for at most {FeatureSet.MostFeatures:N0}.");
        OwnFeatures = [.. features.Select(Planned)];
        Features = Window == 1 ? OwnFeatures : [.. Enumerable.Range(1, Window - 1).Reverse().SelectMany(rows => OwnFeatures.Select(feature => Before(feature, rows))), .. OwnFeatures];
        (var rows, windowsOfTime) = features.Aggregate((Rows: 0L, Windows: 0), (sum, feature) => Held(feature) is var (r, w) ? (sum.Rows + r, sum.Windows + w) : sum);
        if (rows > MostRowsHeld)
            throw FeatureText.Bad($"The features of one group remember {rows} rows all together.", "features", $"Take shorter windows or fewer features, for at most {MostRowsHeld} rows.");
        if (Features.GroupBy(f => f.Name, StringComparer.Ordinal).FirstOrDefault(same => same.Count() > 1) is { } twice)
            throw FeatureText.Bad("Two features have this name.", $"feature '{twice.Key}'", "Leave one out, or give one another name.");
    }

    /// <summary>What a row holds, in this order.</summary>
    public IReadOnlyList<FeatureSignal> Signals { get; }

    /// <summary>What comes out, in this order.</summary>
    public IReadOnlyList<PlannedFeature> Features { get; }

    /// <summary>Of <see cref="Features"/> those of a row itself, the last; all where there are no windows.</summary>
    public IReadOnlyList<PlannedFeature> OwnFeatures { get; }

    /// <inheritdoc cref="FeatureSet.Window"/>
    public int Window => set.Window;

    /// <summary>Of a table of all features the columns that are of the rows themselves, which are shared.</summary>
    public FeatureTable Own(FeatureTable table) => Window == 1 ? table : table.Select([.. Enumerable.Range(Features.Count - OwnFeatures.Count, OwnFeatures.Count)]);

    /// <summary>How far back the features look, all together.</summary>
    public FeatureReach Reach => Features.Aggregate(default(FeatureReach), (reach, feature) => reach.AtLeast(feature.Reach));

    /// <summary>Of columns of rows themselves the windows of machines that have been so all along; the same columns where there are no windows.</summary>
    public FeatureTable Steady(FeatureTable own) => Window == 1 ? own : new([.. Features.Select((feature, i) => own.Columns[i % OwnFeatures.Count] with { Name = feature.Name })]);

    /// <summary>Begins a group's stream.</summary>
    public FeatureStream Start() => new(this, set.Every);

    /// <summary>The features of one row by itself: of those that look back what they are at the start of a group.</summary>
    internal void ComputeOne(long micros, ReadOnlySpan<double> signals, Span<float> features)
    {
        var states = States(out var results);
        foreach (var state in states)
            state.Advance(new FeatureRow(0, micros, micros, signals));
        for (var i = 0; i < results.Length; i++)
            features[i] = (float)results[i].Value is var value && float.IsInfinity(value) ? float.NaN : value;
    }

    /// <summary>All features of all groups, one group's rows after the other's.</summary>
    /// <exception cref="ProblemException">A group's arrays do not fit, or its time goes back.</exception>
    public FeatureTable Compute(IReadOnlyList<SignalRows> groups, int threads = 0, CancellationToken cancel = default)
    {
        var starts = new long[groups.Count + 1];
        for (var i = 0; i < groups.Count; i++)
        {
            Check(groups[i]);
            starts[i + 1] = starts[i] + RowsOf(groups[i].TimesMicros.Length);
        }
        if (starts[^1] is 0 or > FeatureTable.MaxRows)
            throw FeatureText.Bad($"The groups give {starts[^1]} rows.", "rows", $"Give enough for 1 to {FeatureTable.MaxRows}.");
        if (Window > 1 && starts[^1] * Features.Count > MostInWindows)
            throw FeatureText.Bad($"{starts[^1]:N0} windows of {Window} rows of {OwnFeatures.Count} features are {starts[^1] * Features.Count:N0} numbers.", "rows",
                $"Take shorter windows, fewer columns, or a window after each so many rows (\"every\" of the features), for at most {MostInWindows:N0}.");
        var columns = Features.Select(_ => new float[starts[^1]]).ToArray();
        InParallel.For(groups.Count, i => Compute(groups[i], columns, (int)starts[i], cancel), cancel, threads);
        return new FeatureTable([.. Features.Select((feature, i) => new FeatureColumn { Name = feature.Name, Values = columns[i], IsCategorical = feature.IsCategory })]);
    }

    /// <summary>The rows that come out of so many rows of a group.</summary>
    public int RowsOf(int rows) => rows / set.Every;

    /// <summary>The row of a group from which its n-th row out came.</summary>
    public int RowBehind(int rowOut) => (rowOut + 1) * set.Every - 1;

    internal FeatureState[] States(out FeatureState[] results)
    {
        var maker = new StateMaker(Math.Min(WindowLength.MostRows, MostRowsHeld / Math.Max(1, windowsOfTime)));
        results = [.. OwnFeatures.Select(feature => StateOf(feature.Feature, maker))];
        return maker.All;
    }

    private void Compute(SignalRows group, float[][] columns, int at, CancellationToken cancel)
    {
        var stream = Start();
        var signals = new double[Signals.Count];
        var features = new float[Features.Count];
        for (var row = 0; row < group.TimesMicros.Length; row++)
        {
            if ((row & 1023) == 0)
                cancel.ThrowIfCancellationRequested();
            for (var i = 0; i < signals.Length; i++)
                signals[i] = group.Signals[i][row];
            if (row > 0 && group.TimesMicros[row] < group.TimesMicros[row - 1])
                throw FeatureText.Bad($"The time goes back at row {row}.", $"group '{group.Name}'", "Sort the rows by time.");
            if (!stream.Next(group.TimesMicros[row], signals, features))
                continue;
            for (var i = 0; i < features.Length; i++)
                columns[i][at] = features[i];
            at++;
        }
    }

    private void Check(SignalRows group)
    {
        if (group.Signals.Length != Signals.Count || group.Signals.Any(signal => signal.Length != group.TimesMicros.Length))
            throw FeatureText.Bad($"It has {group.Signals.Length} signals with {string.Join(", ", group.Signals.Select(s => s.Length).Distinct())} values for {group.TimesMicros.Length} times.", $"group '{group.Name}'",
                $"Give {Signals.Count} arrays as long as the times, NaN where a value is missing.");
    }

    private PlannedFeature Planned(Feature feature)
    {
        var isCategory = feature.Kind == Feature.ValueOf && Signals[places[feature.Signal!]].IsCategory;
        return new(feature, UnitOf(feature), ReachOf(feature), isCategory);
    }

    /// <summary>A feature as it was so many rows before.</summary>
    private static PlannedFeature Before(PlannedFeature own, int rows)
    {
        var feature = Feature.Of("lag", [own.Feature], ("rows", rows)) with { OwnName = $"{own.Name} lag {rows}" };
        return own with { Feature = feature, Reach = ReachOf(feature) };
    }

    private Unit? UnitOf(Feature feature)
    {
        FeatureKinds.Of(feature.Kind).Check(feature, $"feature '{feature.Name}'");
        return feature.Kind == Feature.ValueOf ? Signals[places[feature.Signal!]].Unit : FeatureKinds.Of(feature.Kind).Unit(feature, [.. feature.Inputs.Select(UnitOf)]);
    }

    private static FeatureReach ReachOf(Feature feature) =>
        FeatureKinds.Of(feature.Kind).Reach(feature).After(feature.Inputs.Aggregate(default(FeatureReach), (reach, input) => reach.AtLeast(ReachOf(input))));

    /// <summary>How many rows the feature remembers, and how many windows of time it and its inputs have.</summary>
    private static (long Rows, int Windows) Held(Feature feature)
    {
        var kind = FeatureKinds.Of(feature.Kind);
        var own = (Rows: kind.RemembersRows ? (long)feature["rows"] : 0, Windows: feature.Parameters.ContainsKey("seconds") ? 1 : 0);
        return feature.Inputs.Select(Held).Aggregate(own, (sum, input) => (sum.Rows + input.Rows, sum.Windows + input.Windows));
    }

    private FeatureState StateOf(Feature feature, StateMaker maker)
    {
        if (feature.Kind == Feature.ValueOf)
            return maker.Shared<FeatureState>(feature.Key, () => new SignalState(places[feature.Signal!]));
        FeatureState[] inputs = [.. feature.Inputs.Select(input => StateOf(input, maker))];
        return maker.Shared(feature.Key, () => FeatureKinds.Of(feature.Kind).Make(maker, feature, inputs, [.. feature.Inputs.Select(UnitOf)]));
    }
}
