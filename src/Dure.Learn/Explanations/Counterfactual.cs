using System.Globalization;
using Dure.Kernel;
using Dure.Learn.Learners;
using Dure.Learn.Tables;

namespace Dure.Learn.Explanations;

/// <summary>What may be changed about a column.</summary>
/// <param name="Low">The least value allowed.</param>
/// <param name="High">The greatest value allowed.</param>
/// <param name="Direction">1: it can only be raised; -1: only lowered; 0: both.</param>
public sealed record ChangeLimit(string Column, float Low = float.NegativeInfinity, float High = float.PositiveInfinity, int Direction = 0);

/// <summary>One column's change.</summary>
/// <param name="Size">How far, in the column's usual spread; 1 for another category.</param>
public sealed record Change(string Column, float From, float To, double Size);

/// <summary>Changes that would bring the wanted prediction.</summary>
/// <param name="Prediction">What the model then predicts.</param>
/// <param name="Likeness">How far the changed row lies from the nearest real one, in usual spreads per column: much above the changes' own size means that nobody has seen such a row.</param>
public sealed record Counterfactual(IReadOnlyList<Change> Changes, double Prediction, double Likeness)
{
    public string InWords => string.Create(CultureInfo.InvariantCulture, $"With {string.Join(" and ", Changes.Select(change => string.Create(CultureInfo.InvariantCulture, $"{change.Column} {change.To:0.###} instead of {change.From:0.###}")))} the prediction would be {Prediction:0.###}.");
}

/// <summary>
/// Seeks the fewest and smallest changes of a row that bring a wanted prediction (Wachter, Mittelstadt and Russell 2017), within limits, and with
/// values that the data hold: a beam over one column after the other, then each change made as small as it may be. It explains the model; that the
/// machine would follow is another question.
/// </summary>
public static class Counterfactuals
{
    private const int MostValues = 24;
    private const int MostChanges = 4;
    private const int Beam = 40;
    private const int MostAnswers = 3;
    private const int NearestRows = 5000;

    /// <param name="data">Rows that have been seen: only their values are tried.</param>
    /// <param name="limits">The columns that may be changed; others stay.</param>
    /// <param name="wanted">Which output should lie between which values.</param>
    /// <returns>Up to three answers that change different columns, the best first; none: within the limits it cannot be reached by four changes.</returns>
    /// <exception cref="ProblemException">A limit names no column of the model, or makes no sense.</exception>
    /// <exception cref="OperationCanceledException">It was asked to stop.</exception>
    public static IReadOnlyList<Counterfactual> Of(TableModel model, FeatureTable data, float[] row, IReadOnlyList<ChangeLimit> limits, (int Output, double Low, double High) wanted, CancellationToken cancel = default)
    {
        var search = new Search(model, data, row, limits, wanted);
        var beam = new List<State> { search.Start };
        var found = new List<State>();
        for (var changes = 1; changes <= MostChanges && found.Count == 0; changes++)
        {
            cancel.ThrowIfCancellationRequested();
            var next = beam.SelectMany(search.Further).ToList();
            found.AddRange(next.Where(state => state.Miss == 0));
            // States that come near the wanted prediction lead on; of equals those with small changes.
            beam = [.. next.OrderBy(state => state.Miss).ThenBy(state => state.Size).DistinctBy(state => state.Key).Take(Beam)];
        }
        return [.. found.OrderBy(state => state.Size).Take(Beam).Select(search.Smaller).OrderBy(state => state.Size).DistinctBy(state => state.Columns).Take(MostAnswers).Select(search.Answer)];
    }

    /// <summary>A row on the way.</summary>
    /// <param name="Miss">How far its prediction is from the wanted range.</param>
    /// <param name="Size">Sum of its changes.</param>
    private sealed record State(float[] Row, double Prediction, double Miss, double Size, string Columns)
    {
        public string Key => string.Join(' ', Row.Select(value => value.ToString("R", CultureInfo.InvariantCulture)));
    }

    private sealed class Search
    {
        private readonly TableModel model;
        private readonly FeatureTable data;
        private readonly float[] row;
        private readonly (int Output, double Low, double High) wanted;
        private readonly float[][] values;
        private readonly double[] spreads;
        private readonly double[] prediction;

        public Search(TableModel model, FeatureTable data, float[] row, IReadOnlyList<ChangeLimit> limits, (int Output, double Low, double High) wanted)
        {
            (this.model, this.data, this.row, this.wanted) = (model, data, row, wanted);
            if (row.Length != model.Features.Count || data.Columns.Count != row.Length || wanted.Output < 0 || wanted.Output >= model.Task.Outputs || !(wanted.Low <= wanted.High))
                throw Bad("The row, the data or the wanted prediction do not fit the model.", "counterfactual", "Give a value for each column, and a range for one of the outputs.");
            prediction = new double[model.Task.Outputs];
            spreads = [.. data.Columns.Select(Spread)];
            values = [.. data.Columns.Select(_ => Array.Empty<float>())];
            foreach (var limit in limits)
            {
                var at = model.Features.ToList().IndexOf(limit.Column);
                if (at < 0 || !(limit.Low <= limit.High) || limit.Direction is < -1 or > 1)
                    throw Bad(at < 0 ? "The model has no such column." : "Its limits make no sense.", $"limit on '{limit.Column}'", "Name a column of the model, a low not above the high, and a direction of -1, 0 or 1.");
                values[at] = Values(data.Columns[at], limit, row[at]);
            }
            Start = Of(row, "");
        }

        public State Start { get; }

        /// <summary>All states with one more column changed.</summary>
        public IEnumerable<State> Further(State from)
        {
            for (var column = 0; column < row.Length; column++)
                if (Same(from.Row[column], row[column]))
                    foreach (var value in values[column])
                        yield return Changed(from, column, value);
        }

        /// <summary>Each change made as small as the wanted prediction allows.</summary>
        public State Smaller(State state)
        {
            for (var column = 0; column < row.Length; column++)
            {
                if (Same(state.Row[column], row[column]))
                    continue;
                foreach (var value in values[column].OrderBy(value => Size(column, value)))
                    if (Changed(state, column, value) is { Miss: 0 } nearer && nearer.Size < state.Size)
                    {
                        state = nearer;
                        break;
                    }
            }
            return state;
        }

        public Counterfactual Answer(State state)
        {
            var changes = Enumerable.Range(0, row.Length).Where(column => !Same(state.Row[column], row[column]))
                .Select(column => new Change(data.Columns[column].Name, row[column], state.Row[column], Size(column, state.Row[column])));
            var step = Math.Max(1, data.Rows / NearestRows);
            var nearest = Enumerable.Range(0, (data.Rows + step - 1) / step).Min(i => Enumerable.Range(0, row.Length).Average(column => Apart(column, data.Columns[column].Values[i * step], state.Row[column])));
            return new([.. changes.OrderByDescending(change => change.Size)], state.Prediction, nearest);
        }

        private State Changed(State from, int column, float value)
        {
            var changed = (float[])from.Row.Clone();
            changed[column] = value;
            return Of(changed, string.Join(' ', Enumerable.Range(0, row.Length).Where(i => !Same(changed[i], row[i]))));
        }

        private State Of(float[] changed, string columns)
        {
            model.Predict(changed, prediction);
            var value = prediction[wanted.Output];
            return new(changed, value, Math.Max(0, Math.Max(wanted.Low - value, value - wanted.High)), Enumerable.Range(0, row.Length).Sum(column => Same(changed[column], row[column]) ? 0 : Size(column, changed[column])), columns);
        }

        private double Size(int column, float value) => Apart(column, row[column], value);

        private double Apart(int column, float one, float other) => Same(one, other) ? 0
            : data.Columns[column].IsCategorical || float.IsNaN(one) || float.IsNaN(other) ? 1 : Math.Abs(one - (double)other) / spreads[column];

        private static bool Same(float one, float other) => one.Equals(other);

        /// <summary>Values that were seen within the limits: of many the even quantiles, on both sides of the row's own the nearest.</summary>
        private static float[] Values(FeatureColumn column, ChangeLimit limit, float own)
        {
            var seen = column.Values.Where(value => !float.IsNaN(value) && value >= limit.Low && value <= limit.High && !value.Equals(own)
                && (limit.Direction == 0 || float.IsNaN(own) || (limit.Direction > 0 ? value > own : value < own))).Distinct().Order().ToArray();
            if (seen.Length <= MostValues)
                return seen;
            var even = Enumerable.Range(0, MostValues).Select(i => seen[(int)((long)i * (seen.Length - 1) / (MostValues - 1))]);
            return [.. even.Concat(seen.OrderBy(value => Math.Abs(value - own)).Take(2)).Distinct().Order()];
        }

        /// <summary>The middle half's width over 1.35: for a bell curve its standard deviation.</summary>
        private static double Spread(FeatureColumn column)
        {
            var sorted = column.Values.Where(value => !float.IsNaN(value)).Order().ToArray();
            if (sorted.Length == 0)
                return 1;
            var width = (sorted[3 * (sorted.Length - 1) / 4] - (double)sorted[(sorted.Length - 1) / 4]) / 1.35;
            return width > 0 ? width : sorted[^1] > sorted[0] ? (double)sorted[^1] - sorted[0] : 1;
        }

        private static ProblemException Bad(string what, string where, string mend) => new("urn:dure:learn:bad-explanation", what, where, mend);
    }
}
