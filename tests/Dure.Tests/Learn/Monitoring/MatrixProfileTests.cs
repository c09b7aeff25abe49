using Dure.Kernel;
using Dure.Learn;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Learn.Monitoring;

public sealed class MatrixProfileTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void The_profile_equals_comparing_every_pair_of_windows() =>
        Prop.ForAll<int>(seed =>
        {
            var random = new Random(seed);
            var (columns, window) = (random.Next(1, 4), random.Next(4, 20));
            var rows = Walk(random, 60 + random.Next(120), columns);
            var profile = MatrixProfile.Of(rows, columns, window, threads: 1, cancel: Cancel);
            var (all, left) = ByPairs(rows, columns, window, (window + 1) / 2);
            return Near(all, profile.Distances) && Near(left, profile.LeftDistances);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_result_does_not_hang_on_the_number_of_threads()
    {
        var rows = Walk(new Random(1), 3000, 2);
        var (one, two) = (MatrixProfile.Of(rows, 2, 50, threads: 1, cancel: Cancel), MatrixProfile.Of(rows, 2, 50, threads: 2, cancel: Cancel));
        Assert.Equal(one.Distances, two.Distances);
        Assert.Equal(one.Neighbours, two.Neighbours);
        Assert.Equal(one.LeftNeighbours, two.LeftNeighbours);
    }

    [Fact]
    public void The_one_odd_cycle_of_a_repeating_signal_is_the_first_discord()
    {
        var random = new Random(2);
        var rows = Enumerable.Range(0, 2000).Select(i => Math.Sin(2 * Math.PI * i / 50) + 0.02 * random.NextDouble()).ToArray();
        for (var i = 1210; i < 1225; i++)
            rows[i] = 0.3;
        Assert.InRange(MatrixProfile.Of(rows, 1, 50, cancel: Cancel).Discords(3)[0], 1161, 1225);
    }

    [Fact]
    public void Level_and_size_play_no_part()
    {
        var rows = Walk(new Random(3), 400, 1);
        var other = rows.Select(v => 1e4 + 25 * v).ToArray();
        Assert.True(Near(MatrixProfile.Of(rows, 1, 20, cancel: Cancel).Distances, MatrixProfile.Of(other, 1, 20, cancel: Cancel).Distances));
    }

    [Fact]
    public void Windows_that_are_constant_or_hold_a_missing_value_stand_apart()
    {
        var rows = Walk(new Random(4), 400, 1);
        Array.Fill(rows, 5.25, 100, 40);
        (rows[250], rows[330]) = (double.NaN, double.PositiveInfinity);
        var profile = MatrixProfile.Of(rows, 1, 20, cancel: Cancel);
        int[] apart = [.. Enumerable.Range(100, 21), .. Enumerable.Range(231, 20), .. Enumerable.Range(311, 20)];
        Assert.Equal(apart, profile.Distances.Index().Where(d => double.IsNaN(d.Item)).Select(d => d.Index));
        Assert.All(apart, i => Assert.Equal(-1, profile.Neighbours[i]));
        Assert.DoesNotContain(profile.Neighbours, apart.Contains);
    }

    [Fact]
    public void A_stream_gives_the_left_profile_of_what_it_remembers()
    {
        var rows = Walk(new Random(5), 900, 1);
        Array.Fill(rows, -1.5, 300, 30);
        rows[500] = double.NaN;
        var stream = new MatrixProfileStream(16, history: 1000);
        var left = MatrixProfile.Of(rows, 1, 16, cancel: Cancel).LeftDistances;
        var streamed = Array.ConvertAll(rows, stream.Add)[15..];
        for (var i = 0; i < left.Length; i++)
            Assert.True(Near([left[i]], [streamed[i]]), $"window {i}: {left[i]} in the whole, {streamed[i]} in the stream");
    }

    [Fact]
    public void A_stream_forgets_what_is_older_than_its_history_and_allocates_nothing()
    {
        var rows = Walk(new Random(6), 2000, 1);
        var (stream, fresh) = (new MatrixProfileStream(16, history: 200), new MatrixProfileStream(16, history: 200));
        var streamed = Array.ConvertAll(rows, stream.Add)[^1];
        Assert.Equal(Array.ConvertAll(rows[^200..], fresh.Add)[^1], streamed, 9);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            stream.Add(rows[i]);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1000);
    }

    [Fact]
    public void Too_few_and_too_many_rows_are_refused()
    {
        Assert.Equal("urn:dure:learn:too-few-rows", Assert.Throws<ProblemException>(() => MatrixProfile.Of(new double[21], 1, 20, cancel: Cancel)).Problem.Type);
        Assert.Equal("urn:dure:learn:too-few-rows", Assert.Throws<ProblemException>(() => MatrixProfile.Of([1, 2], 1, 20, cancel: Cancel)).Problem.Type);
        Assert.Equal("urn:dure:learn:too-many-rows", Assert.Throws<ProblemException>(() => MatrixProfile.Of(new double[300_000], 1, 20, cancel: Cancel)).Problem.Type);
        Assert.All(MatrixProfile.Of(new double[100], 1, 20, cancel: Cancel).Distances, d => Assert.True(double.IsNaN(d)));
        Assert.Empty(MatrixProfile.Of(new double[100], 1, 20, cancel: Cancel).Discords(3));
    }

    [Fact]
    public void A_cancelled_profile_stops() =>
        Assert.ThrowsAny<OperationCanceledException>(() => MatrixProfile.Of(Walk(new Random(7), 2000, 1), 1, 20, cancel: new CancellationToken(true)));

    private static double[] Walk(Random random, int count, int columns)
    {
        var (rows, level) = (new double[count * columns], new double[columns]);
        for (var i = 0; i < rows.Length; i++)
            rows[i] = level[i % columns] = 0.9 * level[i % columns] + random.NextDouble() - 0.5;
        return rows;
    }

    private static (double[] All, double[] Left) ByPairs(double[] rows, int columns, int window, int exclusion)
    {
        var windows = rows.Length / columns - window + 1;
        var (all, left) = (new double[windows], new double[windows]);
        Array.Fill(all, double.NaN);
        Array.Fill(left, double.NaN);
        for (var j = 0; j < windows; j++)
            for (var i = 0; i <= j - exclusion; i++)
            {
                var d = Math.Sqrt(Enumerable.Range(0, columns).Average(c => Square(Shape(i, c), Shape(j, c))));
                (all[i], all[j], left[j]) = (Smaller(all[i], d), Smaller(all[j], d), Smaller(left[j], d));
            }
        return (all, left);

        double[] Shape(int start, int column)
        {
            var values = Enumerable.Range(start, window).Select(r => rows[r * columns + column]).ToArray();
            var mean = values.Average();
            var deviation = Math.Sqrt(values.Average(v => (v - mean) * (v - mean)));
            return [.. values.Select(v => (v - mean) / deviation)];
        }
    }

    private static double Square(double[] a, double[] b) => a.Zip(b, (x, y) => (x - y) * (x - y)).Sum();

    private static double Smaller(double known, double d) => double.IsNaN(known) ? d : Math.Min(known, d);

    // Squares are compared: the root of a correlation near 1 magnifies its rounding.
    private static bool Near(double[] expected, double[] found) =>
        expected.Length == found.Length && expected.Zip(found).All(p => double.IsNaN(p.First) == double.IsNaN(p.Second) && !(Math.Abs(p.First * p.First - p.Second * p.Second) > 1e-8));
}
