using Dure.Edge.Onnx;
using Dure.Learn.Learners;

namespace Dure.Learn.Calibration;

/// <summary>
/// The rising curve that is nearest to what came (Zadrozny and Elkan 2002), by pooling neighbours that are out of order (Ayer et al. 1955), with
/// straight lines between the pools. Needs some hundred rows.
/// </summary>
/// <param name="Places">Probabilities as they were said, rising.</param>
/// <param name="Values">What is said instead, never falling.</param>
public sealed record IsotonicCalibration(double[] Places, double[] Values) : ProbabilityCalibration
{
    // Steeper than from one to the next would lose the digits of a float.
    private const double LeastApart = 1e-3;
    private const int MostPlaces = 2002;

    public override string Kind => "isotonic";

    private protected override IEnumerable<double> Numbers => [.. Places, .. Values];

    public override void Apply(Span<double> prediction)
    {
        var at = Array.BinarySearch(Places, prediction[0]);
        if (at >= 0)
        {
            prediction[0] = Values[at];
            return;
        }
        var above = ~at;
        prediction[0] = above == 0 ? Values[0] : above == Places.Length ? Values[^1]
            : Values[above - 1] + (Values[above] - Values[above - 1]) * (prediction[0] - Places[above - 1]) / (Places[above] - Places[above - 1]);
    }

    /// <summary>The first value, and of each piece its slope times how far the probability reaches into it.</summary>
    public override GraphValue AddTo(GraphBuilder graph, GraphValue predictions, bool isBinary)
    {
        var first = graph.Scalar("isotonic_first", (float)Values[0]);
        var pieces = Places.Length - 1;
        if (pieces == 0)
            return graph.Add(graph.Mul(predictions, graph.Scalar("isotonic_flat", 0f)), first);
        var lows = graph.Constant<float>("isotonic_lows", [.. Places.SkipLast(1).Select(place => (float)place)], pieces);
        var highs = graph.Constant<float>("isotonic_highs", [.. Places.Skip(1).Select(place => (float)place)], pieces);
        var reach = graph.Sub(graph.Node("Min", [graph.Node("Max", [predictions, lows]), highs]), lows);
        float[] slopes = [.. Enumerable.Range(0, pieces).Select(i => (float)((Values[i + 1] - Values[i]) / (Places[i + 1] - Places[i])))];
        return graph.Add(graph.MatMul(reach, graph.Constant<float>("isotonic_slopes", slopes, pieces, 1)), first);
    }

    internal static IsotonicCalibration Of(double[] numbers)
    {
        var (places, values) = (numbers[..(numbers.Length / 2)], numbers[(numbers.Length / 2)..]);
        ModelFile.Must(places.Length is > 0 and <= MostPlaces && values.Length == places.Length, "its curve has no points, or too many");
        ModelFile.Must(places.Zip(places.Skip(1)).All(pair => pair.First < pair.Second) && values.Zip(values.Skip(1)).All(pair => pair.First <= pair.Second) && values is [>= 0, ..] and [.., <= 1], "its curve does not rise");
        return new(places, values);
    }

    internal static IsotonicCalibration Fit(double[] predictions, float[] labels)
    {
        var pools = new List<PoolOfRows>();
        foreach (var pool in Pool(predictions, labels))
            if (pools.Count > 0 && pool.High - pools[^1].High < LeastApart)
                pools[^1] = pools[^1].With(pool);
            else
                pools.Add(pool);
        // Nothing is certain after so many rows: the rule of succession, as Platt's targets.
        var margin = 1.0 / (labels.Length + 2);
        var (places, values) = (new List<double>(), new List<double>());
        foreach (var pool in pools)
            foreach (var end in (double[])[pool.Low, pool.High])
                if (places.Count == 0 || end - places[^1] >= LeastApart)
                {
                    places.Add(end);
                    values.Add(Math.Clamp(pool.Share, margin, 1 - margin));
                }
        return new([.. places], [.. values]);
    }

    private readonly record struct PoolOfRows(double Low, double High, double Seconds, double Count)
    {
        public double Share => Seconds / Count;

        public PoolOfRows With(PoolOfRows next) => new(Low, next.High, Seconds + next.Seconds, Count + next.Count);
    }

    private static List<PoolOfRows> Pool(double[] predictions, float[] labels)
    {
        var (sorted, seconds) = ((double[])predictions.Clone(), Array.ConvertAll(labels, label => label == 1 ? 1.0 : 0));
        Array.Sort(sorted, seconds);
        var pools = new List<PoolOfRows>();
        for (var row = 0; row < sorted.Length; row++)
        {
            pools.Add(new(sorted[row], sorted[row], seconds[row], 1));
            while (pools.Count > 1 && (pools[^2].High == pools[^1].Low || pools[^2].Share >= pools[^1].Share))
            {
                pools[^2] = pools[^2].With(pools[^1]);
                pools.RemoveAt(pools.Count - 1);
            }
        }
        return pools;
    }
}
